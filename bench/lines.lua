-- wrk's requests, from the lines of a file: Cookie headers, targets without a cookie, or bodies of JSON.
-- arguments: the file; "random" or "in turn"; "cookie", "target" or "body"; the target; the body, for cookies
local requests, count, at, random = {}, 0, 0, false

function init(args)
  random = args[2] == "random"
  local kind, target, body = args[3], args[4], args[5]
  local method = (kind == "body" or body) and "POST" or "GET"
  if method == "POST" then wrk.headers["Content-Type"] = "application/json" end
  for line in io.lines(args[1]) do
    count = count + 1
    if kind == "cookie" then wrk.headers["Cookie"] = line end
    local path = kind == "target" and line or target
    requests[count] = wrk.format(method, path, wrk.headers, kind == "body" and line or body)
  end
  -- Each wrk begins at another line: servers that take turns should not wait for locks of the same row.
  math.randomseed(os.time() + (tonumber(tostring({}):match("0x(%x+)") or "0", 16) % 1000003))
  at = math.random(count)
end

function request()
  if random then return requests[math.random(count)] end
  at = at % count + 1
  return requests[at]
end
