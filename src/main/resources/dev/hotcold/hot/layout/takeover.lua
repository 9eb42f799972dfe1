-- A change feed takes over: from now on only its changes are applied.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session of the new feed
--       2  the log that it follows
-- Reply up to which position changes were applied to what is stored here, of which log, and which
--       session has noted that; each if it is known

local known = redis.call('HMGET', KEYS[1], 'position', 'history', 'position_of')
-- First something that a full Redis lets pass too; after it, it refuses nothing more.
redis.call('HDEL', KEYS[1], 'session', 'life', 'next')
redis.call('HSET', KEYS[1], 'session', ARGV[1], 'beats_of', ARGV[1], 'beat', 0, 'log', ARGV[2])
return known
