/** A browser's cookie jar for one site: stores, sends and deletes cookies. The caller passes the time. */

interface Cookie {
  readonly value: string
  /** Epoch milliseconds; `undefined`: when the browser closes. */
  readonly expiresAt: number | undefined
}

export interface Browser {
  readonly jar: Map<string, Cookie>
}

export const browser = (cookies: Readonly<Record<string, string>> = {}): Browser => ({
  jar: new Map(Object.entries(cookies).map(([name, value]) => [name, { value, expiresAt: undefined }]))
})

/** Another browser with the same cookies: for example an attacker who stole them. */
export const copyOf = ({ jar }: Browser): Browser => ({ jar: new Map(jar) })

/** The session cookie in the jar. */
export const sessionOf = ({ jar }: Browser): string | undefined => jar.get("sessionid")?.value

/** The cookies that the browser would send. */
export const cookiesOf = ({ jar }: Browser, now: number): ReadonlyMap<string, string> =>
  new Map(
    [...jar].flatMap(([name, { expiresAt, value }]) =>
      expiresAt === undefined || expiresAt > now ? [[name, value] as const] : []
    )
  )

/** Stores the cookie of a Set-Cookie line (RFC 6265, section 5.3); Max-Age overrides expires. */
export const take = ({ jar }: Browser, line: string, now: number): void => {
  const { attributes, name, value } = parseSetCookie(line)
  const maxAge = attributes.get("max-age")
  const expires = attributes.get("expires")
  const expiresAt =
    maxAge !== undefined ? now + Number(maxAge) * 1000 : expires !== undefined ? Date.parse(expires) : undefined
  if (expiresAt !== undefined && expiresAt <= now) jar.delete(name)
  else jar.set(name, { value, expiresAt })
}

/** Parses a Set-Cookie line; attribute names become lower case (RFC 6265, section 5.2). */
export const parseSetCookie = (line: string) => {
  const [pair = "", ...rest] = line.split(";")
  const [name, value] = halves(pair)
  return { name, value, attributes: new Map(rest.map(halves).map(([key, text]) => [key.toLowerCase(), text])) }
}

const halves = (text: string): readonly [string, string] => {
  const at = text.indexOf("=")
  return at < 0 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
