import type { RequestHead } from "../../../core/http/request-head.ts"
import { FetchRequestHead } from "../fetch/request-head.ts"
import { basePath, withoutBasePath } from "./base-path.ts"

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
 * Cookies are those of `cookies()`: after an action they are what it left behind, so that the page that is rendered with
 * its answer sees the user who has just logged in. Next has percent-decoded them.
 *
 * Next does not say which page was asked for, and of https only what `X-Forwarded-Proto` says, which any client can
 * send: `secureProxyHeader` has to be set for it.
 *
 * Where there is a base path, Next adds it to the redirects of pages and of actions that are called by its router, but not
 * to those of actions that are called by forms without JavaScript.
 *
 * @param page path and query of the page, with the base path or without
 */
export const headOf = ({ cookies, headers }: NextRequest, method: "GET" | "POST", page = "/"): RequestHead => ({
  method,
  target: withoutBasePath(page),
  ...(basePath() === "" ? {} : { basePath: basePath(), prefixesRedirects: true }),
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

/**
 * The head of a request to a route handler, whose URL lacks the base path. A proxy's has it, and says so.
 *
 * Of https Next says what `X-Forwarded-Proto` says, so it counts as http until `secureProxyHeader` is set.
 */
export class RouteRequestHead extends FetchRequestHead {
  readonly ignoresTrailingSlash = true
  readonly basePath: string

  constructor(request: Request) {
    super(request, false)
    this.basePath = hasBasePath(request) ? "" : basePath()
  }
}

const hasBasePath = (request: Request & { readonly nextUrl?: { readonly basePath?: unknown } }): boolean =>
  typeof request.nextUrl?.basePath === "string" && request.nextUrl.basePath !== ""
