-- The one table the service reads. Written by whoever owns the users; the service never writes it.
-- Applied by `hotcold migrate` (Flyway) and just as well by `psql -f`; an existing table is left as it is.
-- COLLATE "C": identifiers are ASCII and compared byte by byte, which keeps the index small and fast.
CREATE TABLE IF NOT EXISTS users (
    user_id       varchar(20) COLLATE "C" PRIMARY KEY CHECK (user_id ~ '^[A-Za-z0-9_-]+$'),
    deeplink      text NOT NULL,
    promo_message text NOT NULL
);
