-- A change feed takes over: from now on only its changes are applied.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session of the new feed
-- Reply up to which position of PostgreSQL's log changes were applied to what is stored here, if that is known

local position = redis.call('HGET', KEYS[1], 'position')
redis.call('HSET', KEYS[1], 'session', ARGV[1])
return position
