-- Walks over the ids of a table. Arguments: threads, first position, size, stride, digits.
-- Position p stands for id 1 + p * stride mod size. Size and stride have no common divisor, so that `size` positions
-- in a row are `size` different ids, scattered over the table. Thread k of n takes the positions first + k, first + k
-- + n, and so on: no two threads ever send the same id.

dofile("figures.lua")

drawn = 0 -- ids taken by this thread; a global, since figures.lua reads it from outside
local position, step, size, stride, form

function init(args)
  step = tonumber(args[1])
  position = tonumber(args[2]) + number
  size = tonumber(args[3])
  stride = tonumber(args[4])
  form = "GET /v1/users?user_id=u%0" .. args[5] .. "d HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
end

function request()
  local id = 1 + position * stride % size
  position = position + step
  drawn = drawn + 1
  return string.format(form, id)
end
