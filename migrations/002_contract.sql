-- Brings a table that 001 made to the contract's shape: texts default to '', and any id that fits may be stored (the service
-- looks up only those that its API allows). Applied by `hotcold migrate` (Flyway) and just as well by `psql -f`.
-- A table of the owner's own stays exactly as it is. What 001 made shows by its CHECK, under the name that PostgreSQL gave
-- it, on a column of 001's type and collation; and of such a table a default that somebody has set stays too.
DO $$
DECLARE
    made oid;
    text_column name;
BEGIN
    SELECT users.oid INTO made
      FROM pg_class users
      JOIN pg_attribute id ON id.attrelid = users.oid AND id.attname = 'user_id'
      JOIN pg_collation collation_of_id ON collation_of_id.oid = id.attcollation AND collation_of_id.collname = 'C'
      JOIN pg_constraint made_by_001
        ON made_by_001.conrelid = users.oid
       AND made_by_001.conname = 'users_user_id_check'
       AND made_by_001.contype = 'c'
       AND made_by_001.conislocal
       AND made_by_001.coninhcount = 0
       AND made_by_001.conkey = ARRAY [id.attnum]
     WHERE users.oid = to_regclass('users')
       AND users.relkind = 'r'
       AND format_type(id.atttypid, id.atttypmod) = 'character varying(20)'
       AND pg_get_constraintdef(made_by_001.oid) = 'CHECK (((user_id)::text ~ ''^[A-Za-z0-9_-]+$''::text))';
    IF made IS NULL THEN
        RETURN;
    END IF;

    -- While an ALTER TABLE waits for its lock, every query behind it waits too: rather fail than hold up lookups.
    PERFORM set_config('lock_timeout', '3s', true);
    EXECUTE format('ALTER TABLE ONLY %s DROP CONSTRAINT users_user_id_check', made::regclass);
    FOR text_column IN
        SELECT attname
          FROM pg_attribute
         WHERE attrelid = made
           AND attname IN ('deeplink', 'promo_message')
           AND atttypid = 'text'::regtype
           AND NOT atthasdef
    LOOP
        EXECUTE format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT %L', made::regclass, text_column, '');
    END LOOP;
EXCEPTION
    WHEN lock_not_available THEN
        RAISE EXCEPTION 'a transaction has kept the table users locked for 3 seconds; nothing was changed, run it again'
            USING ERRCODE = 'lock_not_available';
END
$$;
