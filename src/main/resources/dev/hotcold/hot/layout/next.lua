-- An instance says that it is to own the change feed next, that it is ready for that, or that it is not to be it after all.
--
-- KEYS  1  what is known of the feed
-- ARGV  1  the session that it would have
--       2  'asked', 'ready' or 'withdrawn'
-- Reply 1 = noted   0 = another instance is to be it

local known = redis.call('HGET', KEYS[1], 'next')
if known and string.sub(known, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then
  return 0
end
redis.call('HDEL', KEYS[1], 'next')
if ARGV[2] ~= 'withdrawn' then
  redis.call('HSET', KEYS[1], 'next', ARGV[1] .. ' ' .. ARGV[2])
end
return 1
