-- Notes of which log positions are from now on: one that continues what is stored here, or one without a position yet.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session of the feed
--       2  names the log
-- Reply 1 = done   0 = another feed has taken over, -1 = the feed is not known here any more: nothing was done

local owner = redis.call('HGET', KEYS[1], 'session')
if owner ~= ARGV[1] then
  return owner and 0 or -1
end
-- First something that a full Redis lets pass too; after it, it refuses nothing more.
redis.call('HDEL', KEYS[1], 'history')
redis.call('HSET', KEYS[1], 'history', ARGV[2])
return 1
