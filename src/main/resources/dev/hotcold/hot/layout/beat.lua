-- Counts in a field of what is known of the change feed: its beats, or that it lives, up to when it ends.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session of the feed
--       2  the field
--       3  what it becomes; none = one more than it is
-- Reply 1 = done   0 = another feed has taken over, -1 = the feed is not known here any more: nothing was done

local owner = redis.call('HGET', KEYS[1], 'session')
if owner ~= ARGV[1] then
  return owner and 0 or -1
end
local known = redis.call('HGET', KEYS[1], ARGV[2]) or '0'
-- Who is about to end, and lives, goes on to say so.
local leaving, number = string.match(known, '^(leaving )(%d+)$')
local count = tonumber(number or known) or 0
-- First something that a full Redis lets pass too; after it, it refuses nothing more.
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3] or (leaving or '') .. string.format('%.0f', count + 1))
if ARGV[3] and string.sub(ARGV[3], 1, 8) == 'leaving ' then
  -- Only who is ready from now on counts.
  redis.call('HDEL', KEYS[1], 'next')
end
return 1
