/** A browser's cookie jar for one site: what it stores, sends back and forgets, by a clock that is given to it. */

interface Cookie {
  readonly value: string
  /** Epoch milliseconds; `undefined`: until the browser closes. */
  readonly expiresAt: number | undefined
}

export interface Browser {
  readonly jar: Map<string, Cookie>
}

export const browser = (cookies: Readonly<Record<string, string>> = {}): Browser => ({
  jar: new Map(Object.entries(cookies).map(([name, value]) => [name, { value, expiresAt: undefined }]))
})

/** Another browser that knows the same cookies: a second tab, a thief. */
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

/** Takes a Set-Cookie line in, as RFC 6265 section 5.3 says; Max-Age goes before expires. */
export const take = ({ jar }: Browser, line: string, now: number): void => {
  const { attributes, name, value } = parseSetCookie(line)
  const maxAge = attributes.get("max-age")
  const expires = attributes.get("expires")
  const expiresAt =
    maxAge !== undefined ? now + Number(maxAge) * 1000 : expires !== undefined ? Date.parse(expires) : undefined
  if (expiresAt !== undefined && expiresAt <= now) jar.delete(name)
  else jar.set(name, { value, expiresAt })
}

/** A Set-Cookie line taken apart, attribute names in lower case (RFC 6265 section 5.2). */
export const parseSetCookie = (line: string) => {
  const [pair = "", ...rest] = line.split(";")
  const [name, value] = halves(pair)
  return { name, value, attributes: new Map(rest.map(halves).map(([key, text]) => [key.toLowerCase(), text])) }
}

const halves = (text: string): readonly [string, string] => {
  const at = text.indexOf("=")
  return at < 0 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
