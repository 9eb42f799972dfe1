-- A mixed load of two files of ids, one a line: of every hundred requests of a thread so many, evenly spread, take the next
-- id of the second file, round and round, and the others of the first. Arguments: threads, first file, second file, how
-- many of a hundred.
-- Thread k of n takes the lines k, k + n, and so on of either.

dofile("figures.lua")

drawn = 0 -- ids of the second file taken by this thread; a global, since figures.lua reads it from outside
local common, rare
local share, due, next_common, next_rare = 0, 0, 1, 1

local function requests(file, step)
  local head = "GET /v1/users?user_id="
  local tail = " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
  local built, line = {}, 0
  for id in io.lines(file) do
    if line % step == number then
      built[#built + 1] = head .. id .. tail
    end
    line = line + 1
  end
  return built
end

function init(args)
  local step = tonumber(args[1])
  common = requests(args[2], step)
  rare = requests(args[3], step)
  share = tonumber(args[4])
end

function request()
  due = due + share
  if due >= 100 then
    due = due - 100
    drawn = drawn + 1
    local text = rare[next_rare]
    next_rare = next_rare % #rare + 1
    return text
  end
  local text = common[next_common]
  next_common = next_common % #common + 1
  return text
end
