/** The head of a response that is not sent yet: applies the arguments of `writeHead`, and changes headers. */
import { addVary } from "../../../core/http/headers/vary.ts"
import type { FailureResponse } from "../failure-response.ts"
import type { NativeResponse, NodeResponse } from "./native/native.ts"
import type { Send } from "./response-decision.ts"

/**
 * Sets the arguments of `writeHead` on the response, as Node does if `setHeader` was used before: an object or an array
 * replaces headers of the same name, and an array may repeat a name. If no header was set before, an object may repeat a
 * name in other case, as `{ ...upstream.headers, "Set-Cookie": mine }` does. Arrays are copied, so that a header of one
 * response is never added to a list that the application keeps.
 *
 * @returns `false`, without a change, if Node would refuse these arguments; pass them to Node, which throws its error
 * @throws what `setHeader` throws. If the response had no headers before, it has none afterwards, as with Node.
 */
export const absorb = (native: NativeResponse, status: unknown, reason: unknown, headers: unknown): boolean => {
  const { res } = native
  const given = typeof reason === "string" ? headers : (headers ?? reason)
  if (!native.isFinal(status, typeof reason === "string" ? reason : native.statusMessage)) return false
  if (Array.isArray(given) && !Array.isArray(given[0]) && given.length % 2 !== 0) return false
  if (typeof given === "object" && given !== null) setAll(native, given)
  if (typeof reason === "string") native.statusMessage = reason
  res.statusCode = Number(status) | 0
  return true
}

const setAll = ({ repeatsNames, res }: NativeResponse, given: object): void => {
  const hadNone = res.getHeaderNames().length === 0
  try {
    if (!Array.isArray(given)) {
      for (const [name, value] of Object.entries(given))
        if (repeatsNames && hadNone && res.hasHeader(name)) append(res, name, value)
        else set(res, name, value)
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

// `Reflect.apply`, because names and values can have any type here; Node checks them.
const set = (res: NodeResponse, name: unknown, value: unknown): void => {
  Reflect.apply(res.setHeader, res, [name, Array.isArray(value) ? [...value] : value])
}

const append = (res: NodeResponse, name: unknown, value: unknown): void => {
  Reflect.apply(res.appendHeader, res, [name, Array.isArray(value) ? [...value] : value])
}

/**
 * Adds the headers that were decided. Sets a new list of cookies: `appendHeader` would push into the application's
 * array.
 */
export const add = (
  res: NodeResponse,
  { cacheControl, clearSiteData, cookies, registration, varyOnCookie }: Send
): void => {
  if (cookies.length > 0) res.setHeader("Set-Cookie", [...list(res.getHeader("Set-Cookie")), ...cookies])
  if (varyOnCookie) {
    const present = list(res.getHeader("Vary"))
    res.setHeader("Vary", addVary(present.length === 0 ? undefined : present.join(", "), "Cookie"))
  }
  if (clearSiteData !== undefined) res.setHeader("Clear-Site-Data", clearSiteData)
  if (registration !== undefined) res.setHeader("Secure-Session-Registration", registration)
  if (cacheControl !== undefined && !res.hasHeader("Cache-Control")) res.setHeader("Cache-Control", cacheControl)
}

const list = (value: number | string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "object" ? value : [String(value)]

/** Discards the handler's head and sets another one. */
export const replace = (native: NativeResponse, { status, headers, body }: FailureResponse): void => {
  const { res } = native
  // Removing `Date` or `Content-Length` tells Node not to add it by itself. The new head follows Node's defaults again.
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
