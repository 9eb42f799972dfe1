-- Walks over the ids of a table. Arguments: threads, first position, size, stride, digits.
-- Position p stands for id 1 + p * stride mod size. Size and stride have no common divisor, so that `size` positions
-- in a row are `size` different ids, scattered over the table. Thread k of n takes the positions first + k, first + k
-- + n, and so on: no two threads ever send the same id.

dofile("figures.lua")

-- Requests that each thread builds before the load begins, so that this does not count as part of it. More than five
-- seconds of misses take; a longer walk then builds the rest on its way.
local AHEAD = 300000

drawn = 0 -- ids taken by this thread; a global, since figures.lua reads it from outside
local position, step, size, stride, form
local ready, upcoming = {}, 1

local function build()
  local id = 1 + position * stride % size
  position = position + step
  return string.format(form, id)
end

function init(args)
  step = tonumber(args[1])
  position = tonumber(args[2]) + number
  size = tonumber(args[3])
  stride = tonumber(args[4])
  form = "GET /v1/users?user_id=u%0" .. args[5] .. "d HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
  for i = 1, math.min(size, AHEAD) do
    ready[i] = build()
  end
end

function request()
  drawn = drawn + 1
  local text = ready[upcoming]
  if not text then
    if size > AHEAD then
      return build()
    end
    -- After `size` of its own positions a thread is where it began, whatever the number of threads.
    upcoming = 1
    text = ready[1]
  end
  upcoming = upcoming + 1
  return text
end
