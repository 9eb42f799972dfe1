-- Says whether what is cached is that of a deployment, claims it where it is nobody's, and keeps the claim alive.
--
-- KEYS  1  the mark: whose it is   2  the same, present while one of that deployment's instances lives: a mark alone may be evicted
-- ARGV  1  PostgreSQL's system identifier, '' = not known
--       2  what else the mark says, behind the system
--       3  how long the claim lives hereafter, in milliseconds
--       4  the token of who asks
--       5  claim    what has no mark is taken as it is
--          join     the same, but what is to be cleared is left to others
--          wait     nothing is taken: another's mark was there a moment ago
--          seize    what has no living owner is taken, to be cleared by who asks
--          cleared  who asks has cleared it
--          leave    who asks ends; the claim lives on as long as is said
-- Reply own       it is this deployment's
--       clear     this deployment has taken it, and who asks must clear it before anybody uses it
--       clearing  somebody else of this deployment does
--       other     it is another's, who lives
--       gone      it is another's, of whom nothing lives, or nobody's
--       and the mark as it was found, '' = there was none, nor anybody alive

local mark, alive = redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2])
local system, body = ARGV[1], ARGV[2]
local found = mark ~= '' and mark or alive or ''
local clearer, rest = string.match(found, '^{"clearing":"([^"]*)",(.*)$')
local foundSystem, foundBody = string.match(rest or string.sub(found, 2), '^"system":"(%d*)",(.*)$')
local isOwn = foundBody == body and (foundSystem == '' or system == '' or foundSystem == system)
if isOwn and system == '' then
  system = foundSystem
end

local function take(clearedBy)
  -- First something that a full Redis lets pass too; after it, it refuses nothing more.
  redis.call('DEL', KEYS[2])
  local next = '"system":"' .. system .. '",' .. body
  next = clearedBy and '{"clearing":"' .. clearedBy .. '",' .. next or '{' .. next
  if next ~= mark then
    redis.call('SET', KEYS[1], next)
  end
  redis.call('PSETEX', KEYS[2], ARGV[3], next)
end

local how, token = ARGV[5], ARGV[4]
if how == 'leave' then
  if isOwn and not clearer then
    redis.call('PSETEX', KEYS[2], ARGV[3], found)
  end
  return {'own', found}
end
if isOwn and (not clearer or (how == 'cleared' and clearer == token)) then
  take()
  return {'own', found}
end
if isOwn then
  if how == 'join' or (alive and clearer ~= token) then
    return {'clearing', found}
  end
  take(token)
  return {'clear', found}
end
if found ~= '' and alive then
  return {'other', found}
end
if found == '' and (how == 'claim' or how == 'join') then
  take()
  return {'own', found}
end
if how == 'seize' then
  take(token)
  return {'clear', found}
end
return {'gone', found}
