-- Stores what leases were granted for, so far as they still stand, and ends those leases.
--
-- KEYS  for each user  user:ID, lease:{user:ID}, absent:{user:ID}
-- ARGV  for each user  the token of its lease, what was found, how long to keep it in milliseconds (0 = for ever)
--       found: 'v' and the value, 'a' = the user is absent, '' = nothing: only end the lease
-- Reply how many users were stored or noted as absent

local leases = {}
for i = 2, #KEYS, 3 do
  leases[#leases + 1] = KEYS[i]
end
local holders = redis.call('MGET', unpack(leases))
local ended = {}
local stored = 0
for n = 1, #leases do
  local token, found, life = ARGV[3 * n - 2], ARGV[3 * n - 1], ARGV[3 * n]
  if holders[n] == token then
    local kind = string.sub(found, 1, 1)
    if kind ~= '' then
      stored = stored + 1
    end
    if kind == 'v' then
      if life == '0' then
        redis.call('SET', KEYS[3 * n - 2], string.sub(found, 2))
      else
        redis.call('SET', KEYS[3 * n - 2], string.sub(found, 2), 'PX', life)
      end
    elseif kind == 'a' then
      redis.call('SET', KEYS[3 * n], '1', 'PX', life)
    end
    ended[#ended + 1] = leases[n]
  end
end
if #ended > 0 then
  redis.call('DEL', unpack(ended))
end
return stored
