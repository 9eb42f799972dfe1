-- Stores what leases were granted for, so far as they still stand, and ends those leases.
--
-- KEYS  for each user  user:ID, lease:{user:ID}
-- ARGV  for each user  the token of its lease, what to store, how long to keep it in milliseconds
--       nothing to store: '', only the lease ends; 0 milliseconds = for ever
-- Reply how many were stored

local call = redis.call
local leases = {}
for i = 2, #KEYS, 2 do
  leases[i / 2] = KEYS[i]
end
local holders = call('MGET', unpack(leases))
local ended, n, stored = {}, 0, 0
for i = 1, #leases do
  local token, value, life = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  if holders[i] == token then
    if value ~= '' then
      stored = stored + 1
      if life == '0' then
        call('SET', KEYS[2 * i - 1], value)
      else
        call('PSETEX', KEYS[2 * i - 1], life, value)
      end
    end
    n = n + 1
    ended[n] = leases[i]
  end
end
if n > 0 then
  call('DEL', unpack(ended))
end
return stored
