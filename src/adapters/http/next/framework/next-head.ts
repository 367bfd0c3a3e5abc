import type { RequestHead } from "../../../../core/http/request/request-head.ts"
import { iriToUri } from "../../../../core/http/urls/uri.ts"
import { FetchRequestHead } from "../../fetch/fetch-head.ts"
import { basePath, withoutBasePath } from "./base-path.ts"

/** The results of `headers()` and `cookies()` of `next/headers`. */
export interface NextRequest {
  readonly headers: Iterable<readonly [name: string, value: string]>
  readonly cookies: NextCookies
}

export interface NextCookies {
  readonly getAll: () => ReadonlyArray<{ readonly name: string; readonly value: string }>
}

/**
 * The parts of a request that the core reads, in Server Components and Server Actions, where there is no `Request`.
 *
 * Cookies come from `cookies()`. After an action, it contains the cookies that the action has set. So the page that
 * Next renders together with the answer sees the user who has just logged in. Next has percent-decoded the values.
 *
 * Next does not tell which page was requested. Next knows about https only from `X-Forwarded-Proto`, which any client
 * can send, so `secureProxyHeader` must be set.
 *
 * If there is a base path, Next adds it to redirects of pages, and to those of actions that its router calls. It does
 * not add it to redirects of actions that a form without JavaScript calls.
 *
 * @param page path and query of the page, in characters or escaped, with or without the base path
 */
export const headOf = ({ cookies, headers }: NextRequest, method: "GET" | "POST", page = "/"): RequestHead => ({
  method,
  target: iriToUri(withoutBasePath(page)),
  ...(basePath() === "" ? {} : { basePath: basePath(), prefixesRedirects: true }),
  joinsHeaders: true,
  headers: [...Array.from(headers).filter(([name]) => name.toLowerCase() !== "cookie"), ["cookie", written(cookies)]],
  transport: { secure: false, serverName: "", serverPort: "80" }
})

/** The head of a call of a Server Action, which can set cookies and no other header. */
export const actionHead = (request: NextRequest, page?: string): RequestHead => ({
  ...headOf(request, "POST", page),
  carriesOnlyCookies: true
})

/**
 * Encodes values that contain `;` again: the browser had sent the `;` escaped, and unescaped it would end the value.
 */
const written = (cookies: NextCookies): string =>
  cookies
    .getAll()
    .map(({ name, value }) => `${name}=${value.includes(";") ? encodeURIComponent(value) : value}`)
    .join("; ")

/**
 * The head of a request to a route handler, whose URL lacks the base path. The URL in a proxy has the base path, and
 * `nextUrl.basePath` shows that.
 *
 * Next takes the scheme from `X-Forwarded-Proto`, so the request counts as http unless `secureProxyHeader` is set.
 */
export class RouteRequestHead extends FetchRequestHead {
  readonly ignoresTrailingSlash = true
  readonly #request: Request

  constructor(request: Request) {
    super(request, false)
    this.#request = request
  }
  get basePath(): string {
    return hasBasePath(this.#request) ? "" : basePath()
  }
}

const hasBasePath = (request: Request & { readonly nextUrl?: { readonly basePath?: unknown } }): boolean =>
  typeof request.nextUrl?.basePath === "string" && request.nextUrl.basePath !== ""
