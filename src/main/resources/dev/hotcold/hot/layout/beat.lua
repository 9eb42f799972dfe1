-- Counts a beat of the change feed.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session of the feed
-- Reply 1 = done   0 = another feed has taken over, nothing was done

if redis.call('HGET', KEYS[1], 'session') ~= ARGV[1] then
  return 0
end
local beat = tonumber(redis.call('HGET', KEYS[1], 'beat') or 0)
-- First something that a full Redis lets pass too; after it, it refuses nothing more.
redis.call('HDEL', KEYS[1], 'beat')
redis.call('HSET', KEYS[1], 'beat', string.format('%.0f', beat + 1))
return 1
