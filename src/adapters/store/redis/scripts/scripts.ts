/**
 * Lua scripts that the server runs, for changes that must be compared and made in one step. A value that is not a
 * string is not a session: it is treated as the empty text, which no codec can read.
 *
 * | script | KEYS | ARGV |
 * | --- | --- | --- |
 * | `update` | key, record | compare `1` or `0`, was, text, milliseconds to live, visit |
 * | `insert` | key, record | `0`, `""`, text, milliseconds to live, visit, the record that goes along or empty |
 * | `move` | from, forwarding of from, to, records of from and to | compare, was, text, milliseconds to live, insert if gone `1` or `0`, forwarded, visit |
 * | `remove` | key, record | `0`, `""` |
 * | `removeIf` | key, record | compare, was |
 * | `leave` | from, forwarding of from, record of from | compare, was, forwarded |
 * | `visit` | key, record | visit |
 * | `addToSet` | set | session key, score, now |
 *
 * Records and visits are left out if the sessions of users are not recorded. A `visit` is five values: the user or
 * empty, the id of a new record, now, the time before which a record is old, the client. The scripts do what the
 * function `visited` of the core does.
 *
 * `forwarded` is the new session key to store in the forwarding, or empty. Each script answers `{"done"}`, `{"gone"}`,
 * `{"taken"}`, `{"changed", text}` or `{"moved", session key}`. `move` and `remove` answer `{"done", record}` with
 * the record that they deleted, or empty.
 */
import { createHash } from "node:crypto"
import { forwardingSeconds } from "../../../../core/session/writing/forwarding.ts"

export interface Script {
  readonly text: string
  /** The SHA-1 of the text. A server that has run the script once finds it by this. */
  readonly digest: string
}

const script = (body: string): Script => alone(`${read}${body}`)

/** A script that does not begin by reading a session. */
export const alone = (text: string): Script => ({ text, digest: createHash("sha1").update(text).digest("hex") })

const read = `
local is = redis.pcall('GET', KEYS[1])
if type(is) == 'table' then
  if not string.find(is.err, 'WRONGTYPE', 1, true) then return is end
  is = ''
end
local changed = is and ARGV[1] == '1' and is ~= ARGV[2]
`

/**
 * Seconds for which a record outlives its session: so a session that a Django extends does not lose its record soon.
 */
const recordMargin = 86_400

const noting = `
local function note(session, record, was, first)
  local user, id, now, before, client = ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3], ARGV[first + 4]
  local left = redis.call('PTTL', session)
  if user == '' or left == -2 then redis.call('DEL', record) return end
  local text = id .. '\\n' .. now .. '\\n' .. now .. '\\n' .. user .. '\\n' .. client
  if was then
    local old, started, seen, whose = string.match(was, '^(.-)\\n(.-)\\n(.-)\\n(.-)\\n')
    if whose == user then
      if tonumber(seen) > tonumber(before) then text = was
      else text = old .. '\\n' .. started .. '\\n' .. now .. '\\n' .. user .. '\\n' .. client end
    end
  end
  if left < 0 then redis.call('SET', record, text)
  else redis.call('SET', record, text, 'PX', left + ${recordMargin * 1000}) end
end
`

export const update = script(`${noting}
if not is then return {'gone'} end
if changed then return {'changed', is} end
if tonumber(ARGV[4]) > 0 then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) else redis.call('DEL', KEYS[1]) end
if KEYS[2] then note(KEYS[1], KEYS[2], redis.call('GET', KEYS[2]), 5) end
return {'done'}
`)

export const insert = script(`${noting}
if is then return {'taken'} end
if tonumber(ARGV[4]) > 0 then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
note(KEYS[1], KEYS[2], ARGV[10] ~= '' and ARGV[10], 5)
return {'done'}
`)

export const visit = alone(`${noting}
if redis.call('EXISTS', KEYS[1]) == 1 then note(KEYS[1], KEYS[2], redis.call('GET', KEYS[2]), 1) end
return {'done'}
`)

export const addToSet = alone(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) < tonumber(ARGV[2]) then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) end
local left = ARGV[2] - ARGV[3]
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left)) end
return {'done'}
`)

const leaving = `
local function leave(to)
  redis.call('DEL', KEYS[1])
  if is and to ~= '' then redis.call('SET', KEYS[2], to, 'PX', ${forwardingSeconds * 1000}) end
end
`

export const move = script(`${leaving}${noting}
if not is and ARGV[1] == '0' then
  local to = redis.pcall('GET', KEYS[2])
  if type(to) == 'string' then return {'moved', to} end
end
if not is and ARGV[5] == '0' then return {'gone'} end
if changed then return {'changed', is} end
if tonumber(ARGV[4]) > 0 then
  if not redis.call('SET', KEYS[3], ARGV[3], 'NX', 'PX', ARGV[4]) then return {'taken'} end
elseif redis.call('EXISTS', KEYS[3]) == 1 then
  return {'taken'}
end
leave(ARGV[6])
if not KEYS[4] then return {'done'} end
local record = redis.call('GET', KEYS[4])
redis.call('DEL', KEYS[4])
note(KEYS[3], KEYS[5], ARGV[6] ~= '' and record, 7)
return {'done', record or ''}
`)

export const remove = script(`
redis.call('DEL', KEYS[1])
local record = redis.call('GET', KEYS[2])
redis.call('DEL', KEYS[2])
return {'done', record or ''}
`)

export const removeIf = script(`
if not is then return {'gone'} end
if changed then return {'changed', is} end
redis.call('DEL', KEYS[1])
if KEYS[2] then redis.call('DEL', KEYS[2]) end
return {'done'}
`)

export const leave = script(`${leaving}
if not is then return {'gone'} end
if changed then return {'changed', is} end
leave(ARGV[3])
if KEYS[3] then redis.call('DEL', KEYS[3]) end
return {'done'}
`)
