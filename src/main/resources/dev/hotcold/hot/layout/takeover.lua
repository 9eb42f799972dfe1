-- A change feed takes over: from now on only its changes are applied.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session of the new feed
--       2  the history that positions of its log belong to
-- Reply up to which position of that history's log changes were applied to what is stored here, if that is known

-- First something that a full Redis lets pass too; after it, it refuses nothing more.
redis.call('HDEL', KEYS[1], 'session')
local position = redis.call('HGET', KEYS[1], 'position')
if redis.call('HGET', KEYS[1], 'history') ~= ARGV[2] then
  redis.call('HDEL', KEYS[1], 'position')
  position = false
end
redis.call('HSET', KEYS[1], 'session', ARGV[1], 'history', ARGV[2], 'beat', 0)
return position
