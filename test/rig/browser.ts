/** A browser without pages: a cookie jar for one host. Cookies are shared between ports (RFC 6265 section 8.5). */

/** A Set-Cookie header, split into its parts but not interpreted. */
export interface SetCookie {
  readonly name: string
  /** As sent, quotes included. */
  readonly value: string
  /** In the order of the header; a flag has the value `true`. */
  readonly attributes: readonly (readonly [name: string, value: string | true])[]
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly cookies: readonly SetCookie[]
  readonly text: string
  /** The body as JSON, with each number as it was written: see {@link parseExactly}. */
  readonly json: () => unknown
}

export interface Browser {
  /** Name to value. Tests may read and change it. */
  readonly jar: Map<string, string>
  readonly get: (site: { readonly url: string }, path: string) => Promise<Answer>
  /** @param body JSON; a string is sent unchanged */
  readonly post: (
    site: { readonly url: string },
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ) => Promise<Answer>
}

/** A JSON number as text, because a double cannot represent 1.0 or 12345678901234567890 exactly as written. */
export interface NumberAsWritten {
  readonly number: string
}

/** The number whose JSON text is `text`. */
export const written = (text: string): NumberAsWritten => ({ number: text })

type Reviver = (key: string, value: unknown, context: { readonly source: string }) => unknown
/** JSON.parse with the reviver's third argument, which TypeScript's library does not declare yet. */
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown

/** Parses JSON, with every number as {@link NumberAsWritten}. */
export const parseExactly = (text: string): unknown =>
  parse(text, (_key, value, context) => (typeof value === "number" ? written(context.source) : value))

/** A Set-Cookie header, split into its parts but not interpreted; a flag has the value `true`. */
export const parseSetCookie = (header: string): SetCookie => {
  const [pair = "", ...rest] = header.split("; ")
  const cut = (text: string): readonly [string, string | true] => {
    const at = text.indexOf("=")
    return at < 0 ? [text, true] : [text.slice(0, at), text.slice(at + 1)]
  }
  const [name, value] = cut(pair)
  return { name, value: String(value), attributes: rest.map(cut) }
}

const isRemoval = (cookie: SetCookie): boolean =>
  cookie.attributes.some(([name, value]) => name.toLowerCase() === "max-age" && Number(value) <= 0)

/** A browser with an empty cookie jar. @param always the headers of all its requests */
export const browser = (always: Readonly<Record<string, string>> = {}): Browser => {
  const jar = new Map<string, string>()
  const send = async (url: string, init: RequestInit): Promise<Answer> => {
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "))
    const response = await fetch(url, { ...init, headers, redirect: "manual", signal: AbortSignal.timeout(60_000) })
    const text = await response.text()
    const cookies = response.headers.getSetCookie().map(parseSetCookie)
    for (const cookie of cookies) {
      if (isRemoval(cookie)) jar.delete(cookie.name)
      else jar.set(cookie.name, cookie.value)
    }
    return { status: response.status, headers: response.headers, cookies, text, json: () => parseExactly(text) }
  }
  return {
    jar,
    get: (site, path) => send(site.url + path, { headers: always }),
    post: (site, path, body = {}, headers = {}) =>
      send(site.url + path, {
        method: "POST",
        headers: { ...always, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body)
      })
  }
}

const TOLERANCE_SECONDS = 5

/**
 * The part of an answer that is the same in every run: names of cookies, their attributes and the order of these, and
 * Vary; not the values of cookies. An `expires` within some seconds of now + Max-Age is replaced by a fixed text; any
 * other is kept.
 */
export const cookieShape = (answer: Answer): unknown => ({
  vary: answer.headers.get("vary"),
  cookies: answer.cookies.map(({ name, value, attributes }) => {
    const maxAge = attributes.find(([attribute]) => attribute === "Max-Age")?.[1]
    const due = Date.now() / 1000 + Number(maxAge)
    const shaped = attributes.map(([attribute, given]) => {
      if (attribute !== "expires" || typeof given !== "string") return [attribute, given]
      const at = Date.parse(given)
      const inTime = Math.abs(at / 1000 - due) <= TOLERANCE_SECONDS && new Date(at).toUTCString() === given
      return [attribute, inTime ? "now + Max-Age" : given]
    })
    return { name, emptied: value === '""', attributes: shaped }
  })
})
