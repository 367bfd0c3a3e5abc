/** Parses a `Set-Cookie` line as browsers do. @see https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/ */

export interface SetCookieLine {
  readonly name: string
  readonly value: string
  /** Epoch milliseconds; -Infinity if the line deletes the cookie; `undefined`: when the browser closes. */
  readonly expiresAt: number | undefined
  /** Lower case, without a leading dot; `undefined` if the line names none. */
  readonly domain: string | undefined
  /** `undefined` if the line names none that begins with `/`. */
  readonly path: string | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  /** `Default` if the line names none: browsers treat it as `Lax`. */
  readonly sameSite: "Strict" | "Lax" | "None" | "Default"
}

/** Browsers keep no cookie longer (section 5.5). */
const longestAgeSeconds = 400 * 86_400

const most = { pair: 4096, attribute: 1024 }

/** Control characters, besides TAB. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the RFC names them
const control = /[\x00-\x08\x0a-\x1f\x7f]/

/** @returns `undefined` for a line that browsers ignore */
export const parseSetCookie = (line: string, now: number): SetCookieLine | undefined => {
  if (control.test(line)) return undefined
  const [pair = "", ...rest] = line.split(";")
  const equals = pair.indexOf("=")
  const name = trim(pair.slice(0, Math.max(equals, 0)))
  const value = trim(pair.slice(equals + 1))
  if (name.length + value.length > most.pair || name.length + value.length === 0) return undefined
  const attributes = new Map<string, string>()
  for (const attribute of rest) {
    const at = attribute.indexOf("=")
    const [key, text] = at < 0 ? [attribute, ""] : [attribute.slice(0, at), attribute.slice(at + 1)]
    if (isUsable(trim(key).toLowerCase(), trim(text))) attributes.set(trim(key).toLowerCase(), trim(text))
  }
  const path = attributes.get("path")
  return {
    name,
    value,
    expiresAt: expiryOf(attributes, now),
    domain: attributes.get("domain")?.replace(/^\./, "").toLowerCase() || undefined,
    path: path?.startsWith("/") === true ? path : undefined,
    secure: attributes.has("secure"),
    httpOnly: attributes.has("httponly"),
    sameSite: sameSiteOf(attributes.get("samesite"))
  }
}

const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, "")

/** An attribute whose value cannot be read is ignored: then an earlier one of the same name stays valid. */
const isUsable = (key: string, text: string): boolean => {
  if (text.length > most.attribute) return false
  if (key === "max-age") return /^-?\d+$/.test(text)
  if (key === "expires") return parseCookieDate(text) !== undefined
  return true
}

/** `Max-Age` overrides `Expires`. */
const expiryOf = (attributes: ReadonlyMap<string, string>, now: number): number | undefined => {
  const latest = now + longestAgeSeconds * 1000
  const maxAge = attributes.get("max-age")
  if (maxAge !== undefined)
    return Number(maxAge) <= 0 ? Number.NEGATIVE_INFINITY : Math.min(now + Number(maxAge) * 1000, latest)
  const expires = parseCookieDate(attributes.get("expires") ?? "")
  return expires === undefined ? undefined : Math.min(expires, latest)
}

const sameSiteOf = (text: string | undefined): SetCookieLine["sameSite"] => {
  switch (text?.toLowerCase()) {
    case "strict":
      return "Strict"
    case "lax":
      return "Lax"
    case "none":
      return "None"
    default:
      return "Default"
  }
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

/** The date of an `Expires` attribute (section 5.1.1). @returns epoch milliseconds */
export const parseCookieDate = (text: string): number | undefined => {
  let time: RegExpExecArray | null = null
  let day: number | undefined
  let month: number | undefined
  let year: number | undefined
  for (const token of text.split(/[\t -/;-@[-`{-~]+/)) {
    const clock: RegExpExecArray | null = time === null ? /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/.exec(token) : null
    const named = months.indexOf(token.slice(0, 3).toLowerCase())
    if (clock !== null) time = clock
    else if (day === undefined && /^\d{1,2}(?:\D|$)/.test(token)) day = Number.parseInt(token, 10)
    else if (month === undefined && named >= 0) month = named
    else if (year === undefined && /^\d{2,4}(?:\D|$)/.test(token)) year = century(Number.parseInt(token, 10))
  }
  if (time === null || day === undefined || month === undefined || year === undefined || year < 1601) return undefined
  const [hour = 0, minute = 0, second = 0] = time.slice(1).map(Number)
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(Date.UTC(year, month, day, hour, minute, second))
  return date.getUTCDate() === day ? date.getTime() : undefined
}

/** A year of two digits is one of 1970 to 2069. */
const century = (year: number): number => (year >= 100 ? year : year + (year >= 70 ? 1900 : 2000))
