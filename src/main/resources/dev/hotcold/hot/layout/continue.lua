-- Notes of which log positions are from now on: one that continues what is stored here, or one without a position yet.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session of the feed
--       2  names the log
-- Reply 1 = done   0 = another feed has taken over, nothing was done

if redis.call('HGET', KEYS[1], 'session') ~= ARGV[1] then
  return 0
end
-- First something that a full Redis lets pass too; after it, it refuses nothing more.
redis.call('HDEL', KEYS[1], 'history')
redis.call('HSET', KEYS[1], 'history', ARGV[2])
return 1
