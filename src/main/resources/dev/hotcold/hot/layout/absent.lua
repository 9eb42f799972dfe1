-- Removes users that do not exist, with or without their leases, and notes that where the lease still stands.
--
-- KEYS  for each user  user:ID, lease:{user:ID}, absent:{user:ID}
-- ARGV  for each user  the token of its lease, '' = there is none; how long to note it in milliseconds, 0 = not at all
-- Reply how many were noted
--
-- A user that exists again is removed too, at worst, and missed. Another who holds the lease may have read the user before
-- it went: that fill must not be stored any more. A hold stays.

local call = redis.call
local noted = 0
for i = 1, #KEYS, 3 do
  local n = (i + 2) / 3
  local token, life = ARGV[2 * n - 1], ARGV[2 * n]
  local holder = call('GET', KEYS[i + 1])
  call('DEL', KEYS[i])
  if holder and holder ~= 'hold' then
    call('DEL', KEYS[i + 1])
  end
  if holder == token and life ~= '0' then
    call('PSETEX', KEYS[i + 2], life, '1')
    noted = noted + 1
  end
end
return noted
