-- Takes leases from any holder, whatever is cached, but for users whose change forbids fills.
--
-- KEYS  for each user  user:ID, lease:{user:ID}, absent:{user:ID}
-- ARGV  1  the token that the leases are granted to
--       2  how long a lease lasts, in milliseconds
-- Reply for each user  1 = the lease is granted   -1 = a change forbids it

local reply = {}
for i = 1, #KEYS, 3 do
  local n = #reply + 1
  if redis.call('GET', KEYS[i + 1]) == 'hold' then
    reply[n] = -1
  else
    redis.call('PSETEX', KEYS[i + 1], ARGV[2], ARGV[1])
    redis.call('DEL', KEYS[i + 2])
    reply[n] = 1
  end
end
return reply
