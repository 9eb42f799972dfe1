-- Asks for the right to fill users that are not cached.
--
-- KEYS  for each user  user:ID, lease:{user:ID}, absent:{user:ID}
-- ARGV  1  the token that a lease is granted to
--       2  how long a lease lasts, in milliseconds
--       3… for each user  '1' = what is cached is damaged and counts as nothing, '' = it does not
-- Reply for each user  what is cached, or
--       1 = the lease is granted   0 = somebody else holds it   -1 = a change forbids it   -2 = known to be absent

local found = redis.call('MGET', unpack(KEYS))
local reply = {}
for i = 1, #KEYS, 3 do
  local n = #reply + 1
  local lease = found[i + 1]
  if found[i] and ARGV[n + 2] == '' then
    reply[n] = found[i]
  elseif found[i + 2] then
    reply[n] = -2
  elseif lease == 'hold' then
    reply[n] = -1
  elseif lease then
    reply[n] = 0
  else
    redis.call('SET', KEYS[i + 1], ARGV[1], 'PX', ARGV[2])
    reply[n] = 1
  end
end
return reply
