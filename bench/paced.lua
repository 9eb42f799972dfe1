-- One request over and over at a fixed pace. Argument: milliseconds that each connection waits between two requests.

dofile("figures.lua")

local pause

function init(args)
  pause = tonumber(args[1])
end

function delay()
  return pause
end
