-- Applies changes of the database to what is cached, in their order.
--
-- KEYS  1  what is known of the feed, then for each change  user:ID, lease:{user:ID}, absent:{user:ID}
-- ARGV  1  the session of the feed
--       2  the position in PostgreSQL's log up to which everything is applied hereafter, '' = that does not change
--       3  how long no fill may begin, in milliseconds; 0 = reads of the database from now on see the changes
--       4… for each change  the user's new value, '' = it is outdated
-- Reply 1 = done   0 = another feed has taken over, -1 = the feed is not known here any more: nothing was done

local owner = redis.call('HGET', KEYS[1], 'session')
if owner ~= ARGV[1] then
  return owner and 0 or -1
end
local gone = {}
for i = 2, #KEYS, 3 do
  local value = ARGV[(i - 2) / 3 + 4]
  -- What was read before cannot be filled: its lease goes.
  if ARGV[3] == '0' then
    gone[#gone + 1] = KEYS[i + 1]
  else
    -- A Redis that is full refuses the hold; then nothing may stay: nor can leases be granted there.
    local held = redis.pcall('SET', KEYS[i + 1], 'hold', 'PX', ARGV[3])
    if type(held) == 'table' and held.err then
      value = ''
      gone[#gone + 1] = KEYS[i + 1]
    end
  end
  if value ~= '' then
    local old = redis.pcall('GET', KEYS[i])
    if old then
      -- How long the user is fresh stays as it was, as does the life of the key. What is of another type goes.
      local untilWhen = type(old) == 'string' and string.match(string.sub(old, -40), ',"fresh_until":[1-9]%d*}$')
      local renewed = untilWhen and string.sub(value, 1, -2) .. untilWhen or value
      local replaced = old.err and old or redis.pcall('SET', KEYS[i], renewed, 'XX', 'KEEPTTL')
      if type(replaced) == 'table' and replaced.err then
        value = ''
      end
    end
  end
  if value == '' then
    gone[#gone + 1] = KEYS[i]
  end
  gone[#gone + 1] = KEYS[i + 2]
end
if #gone > 0 then
  redis.call('DEL', unpack(gone))
end
if ARGV[2] ~= '' then
  -- First something that a full Redis lets pass too; after it, it refuses nothing more.
  redis.call('HDEL', KEYS[1], 'position_of')
  redis.pcall('HSET', KEYS[1], 'position', ARGV[2], 'position_of', ARGV[1])
end
return 1
