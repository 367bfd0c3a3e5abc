/**
 * Sends cookies in Server Actions, where Next does not give access to the response: through Next's `cookies()`, which
 * writes the header lines. The cookies stay the same; only order and case of the attributes are as Next writes them.
 */

/** `cookies()` of `next/headers`, where it can set cookies. */
export interface CookieJar {
  readonly set: (cookie: NextCookie) => unknown
}

export interface NextCookie {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly domain?: string
  readonly expires?: Date
  readonly maxAge?: number
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite?: "lax" | "strict" | "none"
}

/** @param lines values of `Set-Cookie` headers, in the form that latchkey writes */
export const sendCookies = (lines: ReadonlyArray<string>, jar: CookieJar): void => {
  for (const cookie of lines.map(parse)) jar.set(cookie)
}

/** @throws {Error} for a value that Next would percent-encode, because the browser would then store another value */
const parse = (line: string): NextCookie => {
  const [first = "", ...attributes] = line.split("; ")
  const [name, value] = split(first)
  const has = new Map(attributes.map(split))
  const sent = value === '""' ? "" : value
  if (encodeURIComponent(sent) !== sent)
    throw new Error(
      `the cookie ${name} contains characters that cookies() of Next would escape; with signed cookies, write the session in a route handler`
    )
  const [domain, expires, maxAge] = ["Domain", "expires", "Max-Age"].map((key) => has.get(key))
  const sameSite = sameSites.find((one) => one === has.get("SameSite")?.toLowerCase())
  return {
    name,
    value: sent,
    path: has.get("Path") ?? "/",
    httpOnly: has.has("HttpOnly"),
    secure: has.has("Secure"),
    ...(domain === undefined ? {} : { domain }),
    ...(expires === undefined ? {} : { expires: new Date(expires) }),
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
    ...(sameSite === undefined ? {} : { sameSite })
  }
}

const sameSites = ["lax", "strict", "none"] as const

const split = (piece: string): readonly [name: string, value: string] => {
  const equals = piece.indexOf("=")
  return equals < 0 ? [piece, ""] : [piece.slice(0, equals), piece.slice(equals + 1)]
}
