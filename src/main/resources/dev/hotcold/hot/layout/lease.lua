-- Asks for the right to fill users that are not cached, or are past their soft TTL.
--
-- KEYS  for each user  user:ID, lease:{user:ID}, absent:{user:ID}
-- ARGV  1  the token that a lease is granted to
--       2  how long a lease lasts, in milliseconds
--       3  up to when the time of a user has ended, in milliseconds since 1970; what was fresh until then counts as nothing
--       4… places of users, from 1, of whom what is cached is damaged and counts as nothing
-- Reply for each user  what is cached, or
--       1 = the lease is granted   0 = somebody else holds it   -1 = a change forbids it   -2 = known to be absent

local call = redis.call
local found = call('MGET', unpack(KEYS))
for i = 4, #ARGV do
  found[3 * tonumber(ARGV[i]) - 2] = false
end
local token, life, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local function isFresh(value)
  -- The member stands last; no number is longer than what is looked at.
  local untilWhen = string.match(string.sub(value, -40), ',"fresh_until":([1-9]%d*)}$')
  return not untilWhen or tonumber(untilWhen) > now
end
local reply, n = {}, 0
for i = 1, #KEYS, 3 do
  n = n + 1
  local lease = found[i + 1]
  if found[i] and isFresh(found[i]) then
    reply[n] = found[i]
  elseif found[i + 2] then
    reply[n] = -2
  elseif lease == 'hold' then
    reply[n] = -1
  elseif lease then
    reply[n] = 0
  else
    call('PSETEX', KEYS[i + 1], life, token)
    reply[n] = 1
  end
end
return reply
