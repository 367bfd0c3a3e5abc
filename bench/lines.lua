-- wrk's requests, from the lines of a file: cookies for one target, or targets without a cookie.
-- arguments: the file; "random" or "in turn"; the target, or nothing when the lines are targets
local requests, count, at, random = {}, 0, 0, false

function init(args)
  random = args[2] == "random"
  for line in io.lines(args[1]) do
    count = count + 1
    if args[3] then
      wrk.headers["Cookie"] = line
      requests[count] = wrk.format("GET", args[3])
    else
      requests[count] = wrk.format("GET", line)
    end
  end
  math.randomseed(os.time())
end

function request()
  if random then return requests[math.random(count)] end
  at = at % count + 1
  return requests[at]
end
