-- The users of `hotcold serve --demo`, for the compose file. Those that are there stay as they are.
INSERT INTO users (user_id, deeplink, promo_message) VALUES
    ('alice', 'app://open/alice', 'Welcome back, Alice'),
    ('bob', 'app://orders/42?ref=promo&tab=items', 'Free delivery until Sunday'),
    ('carol', 'https://example.com/offers/spring', ''),
    ('zoe-7', 'app://open/zo%C3%AB', 'Zoë: "50 % off" \o/ für dich — 今だけ 🎉')
ON CONFLICT DO NOTHING;
