/**
 * Lua scripts of a throttle store. They do what `core/throttle/throttle.ts` says, by the clock of the server. A key is
 * a string of three numbers: failures, the instant up to which attempts wait, the instant at which all is forgotten. It
 * expires at that last instant. A value of another form counts as none.
 *
 * | script | KEYS | ARGV, for each key | answer |
 * | --- | --- | --- | --- |
 * | `take` | keys | delays in seconds with commas between them; seconds after which failures are forgotten | `{1 if it was counted, until}` for each key up to the first that refuses |
 * | `settle` | keys | `until` for a TakeBack, empty for a Reset | |
 * | `read` | keys | | `{number of the key, failures, until, forgotten at}` for each key that has failures |
 */
import { alone } from "./scripts.ts"

const begin = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function read(key)
  local value = redis.call('GET', key)
  local failures, ends, forgotten = string.match(value or '', '^(%d+) (%d+) (%d+)$')
  if not failures then return end
  return tonumber(failures), tonumber(ends), tonumber(forgotten)
end
local function write(key, failures, ends, forgotten, live)
  redis.call('SET', key, string.format('%.0f %.0f %.0f', failures, ends, forgotten), 'PX', string.format('%.0f', live))
end
local function ms(seconds) return math.floor(tonumber(seconds) * 1000 + 0.5) end
`

/** An instant that no delay reaches was written before a clock was set back: it refuses nothing. */
export const take = alone(`${begin}
local answers = {}
for i, key in ipairs(KEYS) do
  local delays = {}
  for seconds in string.gmatch(ARGV[2 * i - 1], '[^,]+') do delays[#delays + 1] = ms(seconds) end
  local failures, ends, forgotten = read(key)
  if not failures or forgotten <= now then failures, ends = 0, 0 end
  if ends > now and ends - now <= (delays[#delays] or 0) then
    answers[i] = {0, ends}
    return answers
  end
  failures = failures + 1
  ends = now + (delays[math.min(failures, #delays)] or 0)
  local live = ms(ARGV[2 * i])
  write(key, failures, ends, now + live, math.max(1, live))
  answers[i] = {1, ends}
end
return answers
`)

export const settle = alone(`${begin}
for i, key in ipairs(KEYS) do
  local failures, ends, forgotten = read(key)
  local left = redis.call('PTTL', key)
  if ARGV[i] == '' or not failures or failures <= 1 or left <= 0 then redis.call('DEL', key)
  else
    if ends == tonumber(ARGV[i]) then ends = 0 end
    write(key, failures - 1, ends, forgotten, left)
  end
end
`)

export const read = alone(`${begin}
local answers = {}
for i, key in ipairs(KEYS) do
  local failures, ends, forgotten = read(key)
  if failures and forgotten > now then answers[#answers + 1] = {i, failures, ends, forgotten} end
end
return answers
`)
