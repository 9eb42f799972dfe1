-- Removes users and notes of their absence, and ends the leases under which they may be being filled. A hold stays.
--
-- KEYS  for each user  user:ID, lease:{user:ID}, absent:{user:ID}
-- Reply for each user  how many keys of it were cached, user or note

local call = redis.call
local reply = {}
for i = 1, #KEYS, 3 do
  local holder = call('GET', KEYS[i + 1])
  if holder and holder ~= 'hold' then
    call('DEL', KEYS[i + 1])
  end
  reply[#reply + 1] = call('DEL', KEYS[i], KEYS[i + 2])
end
return reply
