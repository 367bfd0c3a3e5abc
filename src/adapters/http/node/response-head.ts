/** The head of a response that has not left: reading what `writeHead` was given, and changing it. */
import { addVary } from "../../../core/http/vary.ts"
import type { FailureResponse } from "../failure.ts"
import type { NativeResponse, NodeResponse } from "./native/native.ts"
import type { Send } from "./outcome.ts"

/**
 * Moves what `writeHead` was given onto the response, as Node does where `setHeader` was used before: an object or an
 * array replaces headers of the same name, an array may repeat a name. Arrays are copied, so that a list that the
 * application keeps never receives a header of one response.
 *
 * @returns `false`, and changes nothing, when Node would refuse these arguments; give them to Node for its error
 * @throws what `setHeader` throws; a response without headers then is without headers again, as Node leaves it
 */
export const absorb = (native: NativeResponse, status: unknown, reason: unknown, headers: unknown): boolean => {
  const { res } = native
  const given = typeof reason === "string" ? headers : (headers ?? reason)
  if (!native.isFinal(status, typeof reason === "string" ? reason : native.statusMessage)) return false
  if (Array.isArray(given) && !Array.isArray(given[0]) && given.length % 2 !== 0) return false
  if (typeof given === "object" && given !== null) setAll(res, given)
  if (typeof reason === "string") native.statusMessage = reason
  res.statusCode = Number(status) | 0
  return true
}

const setAll = (res: NodeResponse, given: object): void => {
  const hadNone = res.getHeaderNames().length === 0
  try {
    if (!Array.isArray(given)) {
      for (const [name, value] of Object.entries(given)) set(res, name, value)
      return
    }
    const lines = pairs(given)
    for (const [name] of lines) if (typeof name === "string") res.removeHeader(name)
    for (const [name, value] of lines) append(res, name, value)
  } catch (error) {
    if (hadNone) removeAll(res)
    throw error
  }
}

const pairs = (given: ReadonlyArray<unknown>): ReadonlyArray<readonly [unknown, unknown]> => {
  const lines: Array<readonly [unknown, unknown]> = []
  if (Array.isArray(given[0])) {
    for (const line of given) if (Array.isArray(line)) lines.push([line[0], line[1]])
  } else {
    for (let at = 0; at < given.length; at += 2) lines.push([given[at], given[at + 1]])
  }
  return lines
}

// Reflect.apply, because Node itself has to judge names and values that may be anything.
const set = (res: NodeResponse, name: unknown, value: unknown): void => {
  Reflect.apply(res.setHeader, res, [name, Array.isArray(value) ? [...value] : value])
}

const append = (res: NodeResponse, name: unknown, value: unknown): void => {
  Reflect.apply(res.appendHeader, res, [name, Array.isArray(value) ? [...value] : value])
}

/** Adds what was decided. Makes a new list of cookies: `appendHeader` would push into the application's array. */
export const add = (res: NodeResponse, { cacheControl, cookies, varyOnCookie }: Send): void => {
  if (cookies.length > 0) res.setHeader("Set-Cookie", [...list(res.getHeader("Set-Cookie")), ...cookies])
  if (varyOnCookie) {
    const present = list(res.getHeader("Vary"))
    res.setHeader("Vary", addVary(present.length === 0 ? undefined : present.join(", "), "Cookie"))
  }
  if (cacheControl !== undefined && !res.hasHeader("Cache-Control")) res.setHeader("Cache-Control", cacheControl)
}

const list = (value: number | string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "object" ? value : [String(value)]

/** Discards the handler's head and puts another in its place. */
export const replace = (native: NativeResponse, { status, headers, body }: FailureResponse): void => {
  const { res } = native
  // Removing these says "do not add it": Node would send neither. Its own rules apply to the new head.
  const hadDate = res.hasHeader("Date")
  removeAll(res)
  if (hadDate) res.sendDate = true
  res.statusCode = status
  native.statusMessage = ""
  for (const [name, value] of Object.entries(headers)) if (native.mayCarry(name)) res.setHeader(name, value)
  res.setHeader("Content-Length", Buffer.byteLength(body))
}

const removeAll = (res: NodeResponse): void => {
  for (const name of res.getHeaderNames()) res.removeHeader(name)
}
