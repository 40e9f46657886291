-- Sends prepared requests, one key after the other. Arguments: a file of keys, body bytes, stream chunks (0: plain),
-- think time in milliseconds (0: none), first key to use, then pairs of more header names and values.
local requests, next_request, think_ms = {}, 0, 0

local function body_of(bytes, chunks)
  local head = '{"model":"gpt-5-mini","max_completion_tokens":256,'
  if chunks > 0 then head = head .. '"stream":true,' end
  head = head .. '"messages":[{"role":"user","content":"'
  local tail = '"}]}'
  local text = string.rep("the toll gate opens for those who can pay ", math.ceil(bytes / 42))
  return head .. text:sub(1, math.max(bytes - #head - #tail, 1)) .. tail
end

function init(args)
  local bytes, chunks = tonumber(args[2]), tonumber(args[3])
  think_ms = tonumber(args[4])
  math.randomseed(1)
  if think_ms == 0 then delay = nil end
  local body = body_of(bytes, chunks)
  local more = {}
  for i = 6, #args, 2 do more[args[i]] = args[i + 1] end
  for key in io.lines(args[1]) do
    local headers = {["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json"}
    if chunks > 0 then
      headers["X-Mock-Chunks"] = tostring(chunks)
      headers["Accept"] = "text/event-stream"
    end
    for name, value in pairs(more) do headers[name] = value end
    requests[#requests + 1] = wrk.format("POST", "/v1/chat/completions", headers, body)
  end
  next_request = tonumber(args[5]) % #requests
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function delay()
  return math.random(think_ms / 2, think_ms * 3 / 2)
end

function done(summary, latency, all)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"duration_us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,"socket_errors":%d,"status_errors":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
