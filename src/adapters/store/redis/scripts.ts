/**
 * Lua scripts that the server runs, for changes that must be compared and made in one step. A value that is not a string is
 * not a session: it is treated as the empty text, which no codec can read.
 *
 * | script | KEYS | ARGV |
 * | --- | --- | --- |
 * | `update` | key | compare `1` or `0`, was, text, milliseconds to live |
 * | `move` | from, forwarding of from, to | compare, was, text, milliseconds to live, insert if gone `1` or `0`, forwarded |
 * | `removeIf` | key | compare, was |
 * | `leave` | from, forwarding of from | compare, was, forwarded |
 *
 * `forwarded` is the new session key to store in the forwarding, or empty. Each script answers `{"done"}`, `{"gone"}`,
 * `{"taken"}`, `{"changed", text}` or `{"moved", session key}`.
 */
import { createHash } from "node:crypto"
import { forwardingSeconds } from "../../../core/session/forwarding.ts"

export interface Script {
  readonly text: string
  /** The SHA-1 of the text. A server that has run the script once finds it by this. */
  readonly digest: string
}

const script = (body: string): Script => {
  const text = `${read}${body}`
  return { text, digest: createHash("sha1").update(text).digest("hex") }
}

const read = `
local is = redis.pcall('GET', KEYS[1])
if type(is) == 'table' then
  if not string.find(is.err, 'WRONGTYPE', 1, true) then return is end
  is = ''
end
local changed = is and ARGV[1] == '1' and is ~= ARGV[2]
`

export const update = script(`
if not is then return {'gone'} end
if changed then return {'changed', is} end
if tonumber(ARGV[4]) > 0 then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) else redis.call('DEL', KEYS[1]) end
return {'done'}
`)

const leaving = `
local function leave(to)
  redis.call('DEL', KEYS[1])
  if is and to ~= '' then redis.call('SET', KEYS[2], to, 'PX', ${forwardingSeconds * 1000}) end
end
`

export const move = script(`${leaving}
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
return {'done'}
`)

export const removeIf = script(`
if not is then return {'gone'} end
if changed then return {'changed', is} end
redis.call('DEL', KEYS[1])
return {'done'}
`)

export const leave = script(`${leaving}
if not is then return {'gone'} end
if changed then return {'changed', is} end
leave(ARGV[3])
return {'done'}
`)
