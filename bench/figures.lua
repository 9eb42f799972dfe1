-- What every wrk run reports: one line of JSON, times in microseconds.
-- As a script of its own it sends the one request of the URL, which wrk then builds only once.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function done(summary, latency)
  local drawn = 0
  for _, thread in ipairs(threads) do
    drawn = math.max(drawn, thread:get("drawn") or 0)
  end
  local errors = summary.errors
  local socket = errors.connect + errors.read + errors.write
  io.write(string.format(
    '{"requests":%d,"duration":%d,"p50":%d,"p99":%d,"p999":%d,"p9999":%d,"max":%d,' ..
    '"status":%d,"socket":%d,"timeout":%d,"drawn":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    latency:percentile(99.99), latency.max, errors.status, socket, errors.timeout, drawn))
end
