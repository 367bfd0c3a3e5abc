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
  readonly partitioned?: true
  readonly priority?: "low" | "medium" | "high"
}

/** @param lines values of `Set-Cookie` headers, in the form that latchkey writes */
export const sendCookies = (lines: ReadonlyArray<string>, jar: CookieJar): void => {
  for (const cookie of lines.map(parse)) jar.set(cookie)
}

/**
 * @throws {Error} for a value that Next would percent-encode, because the browser would then store another value; for
 * an attribute that Next cannot set
 */
const parse = (line: string): NextCookie => {
  const [first = "", ...attributes] = line.split("; ")
  const [name, value] = split(first)
  const sent = value === '""' ? "" : value
  if (encodeURIComponent(sent) !== sent)
    throw new Error(
      `the cookie ${name} contains characters that cookies() of Next would escape; with signed cookies, write the session in a route handler`
    )
  let cookie: NextCookie = { name, value: sent, path: "/", httpOnly: false, secure: false }
  for (const attribute of attributes) cookie = { ...cookie, ...optionOf(name, attribute) }
  return cookie
}

/** An attribute as cookies() of Next takes it. */
const optionOf = (cookie: string, attribute: string): Partial<NextCookie> => {
  const [name, value] = split(attribute)
  const sameSite = sameSites.find((one) => one === value.toLowerCase())
  const priority = priorities.find((one) => one === value.toLowerCase())
  switch (name.toLowerCase()) {
    case "domain":
      return { domain: value }
    case "expires":
      return { expires: new Date(value) }
    case "httponly":
      return { httpOnly: true }
    case "max-age":
      return { maxAge: Number(value) }
    case "partitioned":
      return { partitioned: true }
    case "path":
      return { path: value }
    case "secure":
      return { secure: true }
    case "priority":
      if (priority !== undefined) return { priority }
      break
    case "samesite":
      if (sameSite !== undefined) return { sameSite }
      break
  }
  throw new Error(
    `the cookie ${cookie} has the attribute ${attribute}, which cookies() of Next cannot set; write this cookie in a route handler`
  )
}

const sameSites = ["lax", "strict", "none"] as const
const priorities = ["low", "medium", "high"] as const

const split = (piece: string): readonly [name: string, value: string] => {
  const equals = piece.indexOf("=")
  return equals < 0 ? [piece, ""] : [piece.slice(0, equals), piece.slice(equals + 1)]
}
