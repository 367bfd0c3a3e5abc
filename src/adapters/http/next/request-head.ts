import type { RequestHead } from "../../../core/http/request-head.ts"

/** What `headers()` and `cookies()` of `next/headers` give. */
export interface NextRequest {
  readonly headers: Iterable<readonly [name: string, value: string]>
  readonly cookies: NextCookies
}

export interface NextCookies {
  readonly getAll: () => ReadonlyArray<{ readonly name: string; readonly value: string }>
}

/**
 * What the core wants to know of a request where there is no `Request`: in Server Components and Server Actions.
 *
 * Cookies are those of `cookies()`: after an action they are what it left behind, and so the page that is rendered with
 * its answer sees who has just logged in. Next has percent-decoded them.
 *
 * Next does not say which page was asked for, and of https only what `X-Forwarded-Proto` says, which anybody can send:
 * `secureProxyHeader` has to be set for it.
 *
 * @param target path and query of the page
 */
export const headOf = ({ cookies, headers }: NextRequest, method: "GET" | "POST", target = "/"): RequestHead => ({
  method,
  target,
  joinsHeaders: true,
  headers: [...Array.from(headers).filter(([name]) => name.toLowerCase() !== "cookie"), ["cookie", written(cookies)]],
  transport: { secure: false, serverName: "", serverPort: "80" }
})

/** Escapes that hid the end of a value stay escapes. */
const written = (cookies: NextCookies): string =>
  cookies
    .getAll()
    .map(({ name, value }) => `${name}=${value.includes(";") ? encodeURIComponent(value) : value}`)
    .join("; ")
