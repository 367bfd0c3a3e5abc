/**
 * A browser for tests: it keeps cookies, and sends what the forms and scripts of a page would send. It calls a handler
 * in the same process, or a server.
 */
import { checkOptions, either, having, type Kinds, object, string } from "../../adapters/options/option-kinds.ts"
import type { ReadableClock } from "../site/clock.ts"
import { isSameSite } from "../site/site-of.ts"
import { type Cookie, CookieJar, type CookieRequest } from "./cookie-jar.ts"
import { exchange } from "./exchange.ts"
import {
  isSafe,
  makeRequest,
  methodOf,
  modeOf,
  type PageInit,
  type Provenance,
  type SentToken
} from "./page-request.ts"
import { afterRedirect, isRedirect } from "./redirected-request.ts"
import { isResponse, nameOf } from "./response-like.ts"
import { type StorageState, storageStateOf } from "./storage-state.ts"

/** The options of a browser. */
export interface BrowserOptions {
  /** The origin of the site that {@link Browser.fetch} talks to. Default `http://localhost`. */
  readonly origin?: string | URL
  /** The clock by which cookies expire. Default: the system's. */
  readonly clock?: ReadableClock
  /** The names under which the site expects its CSRF token. The defaults are Django's. */
  readonly csrf?: Partial<CsrfNames>
}

/** Where the site expects the CSRF token. */
export interface CsrfNames {
  /** CSRF_COOKIE_NAME. Default `csrftoken`. */
  readonly cookie: string
  /** CSRF_HEADER_NAME, as the name of the HTTP header. Default `X-CSRFToken`. */
  readonly header: string
  /** The field of a form. Default `csrfmiddlewaretoken`. */
  readonly field: string
}

/** What answers a browser's requests. */
export type RequestHandler = (request: Request) => Response | Promise<Response>

/** A handler of requests, an application with `fetch` (as Hono's), or the URL of a server. */
export type Target =
  | RequestHandler
  /** An application. */
  | { readonly fetch: RequestHandler }
  | string
  | URL

const djangoNames: CsrfNames = { cookie: "csrftoken", header: "X-CSRFToken", field: "csrfmiddlewaretoken" }

const browserKinds: Kinds<BrowserOptions> = {
  origin: either(string, object),
  clock: having("now", "a clock, as the site's"),
  csrf: object
}

/** Browsers stop after this many redirects. */
const mostRedirects = 20

/**
 * A browser with its own cookie jar.
 *
 * ```ts
 * const alice = site.browser()
 * await alice.fetch(app, "/login", { form: site.credentials("alice") })
 * const response = await alice.fetch(app, "/account")
 * ```
 */
export class Browser {
  /** The origin of the site, as in `http://localhost`. */
  readonly origin: string
  /**
   * The clock by which cookies expire.
   *
   * @internal
   */
  protected readonly clock: ReadableClock
  readonly #csrf: CsrfNames
  #jar = new CookieJar()
  /** The CSRF token in the last page that had one, for sites that keep the secret in the session. */
  #pageToken: string | undefined

  constructor(options: BrowserOptions = {}) {
    checkOptions(options, browserKinds)
    this.origin = originOf(options.origin ?? "http://localhost")
    this.clock = options.clock ?? { now: () => Date.now() }
    this.#csrf = { ...djangoNames, ...options.csrf }
  }

  /**
   * Sends one request with the cookies, the CSRF token, `Origin` and `Referer` that a browser would send, and stores
   * the cookies of the response. If the handler throws, `fetch` throws the same.
   *
   * @param target a handler, an application, or the URL of a server
   * @param path a path, or a whole URL; default: the start page, or the URL itself if `target` is one
   */
  async fetch(target: Target, path: string | URL = "", init: PageInit = {}): Promise<Response> {
    const url = new URL(path, typeof target === "string" || target instanceof URL ? target : this.origin)
    const chain = {}
    const response = await this.send(target, url, init, chain)
    return init.redirect === "follow" ? this.#followed(target, url, init, response, chain) : response
  }

  /** The request that {@link fetch} would send, for handlers that take more than a `Request`. */
  request(path: string | URL = "/", init: PageInit = {}): Request {
    const url = new URL(path, this.origin)
    const provenance = provenanceOf(url, init)
    const csrf = this.#tokenFor(url, init, provenance)
    const cookie = headerOf(this.#jar.sent(cookieRequest(url, init, provenance), this.clock.now()))
    return makeRequest(url, init, { cookie, csrf, provenance })
  }

  /**
   * Keeps the cookies of the `Set-Cookie` lines of a response.
   *
   * @returns the lines that a browser does not accept from this URL
   */
  store(lines: Iterable<string>, url: string | URL = this.origin, init: PageInit = {}): ReadonlyArray<string> {
    const at = new URL(url, this.origin)
    const request = cookieRequest(at, init, provenanceOf(at, init))
    return [...lines].filter((line) => !this.#jar.store(line, request, this.clock.now()))
  }

  /** Another browser with the same cookies: for example a second tab, or an attacker who stole the cookies. */
  copy(): Browser {
    const copy = new Browser({ origin: this.origin, clock: this.clock, csrf: this.#csrf })
    copy.#jar = this.#jar.copy()
    copy.#pageToken = this.#pageToken
    return copy
  }

  /** Closes the browser and opens it again, which removes cookies without an expiry. */
  restart(): void {
    this.#jar.endBrowserSession()
  }

  /** Forgets all cookies. */
  clearCookies(): void {
    this.#jar.clear()
    this.#pageToken = undefined
  }

  /** The cookies that the browser has, without those that have expired. */
  get cookies(): ReadonlyArray<Cookie> {
    return this.#jar.all(this.clock.now())
  }

  /** The value of the cookie with this name that the browser sends to `url`. */
  cookie(name: string, url: string | URL = this.origin): string | undefined {
    return this.#sentTo(url).find((cookie) => cookie.name === name)?.value
  }

  /** The `Cookie` header for the start page, for other clients: `request(app).get("/").set("Cookie", alice.header)`. */
  get header(): string {
    return this.cookieHeader(this.origin)
  }

  /** The `Cookie` header for a URL or path; the empty text if no cookie is sent there. */
  cookieHeader(url: string | URL): string {
    return headerOf(this.#sentTo(url))
  }

  /**
   * The cookies for Playwright: `browser.newContext({ storageState: alice.storageState(url) })`. Cookies of this
   * browser's own host get the host of `url`. They expire after the time that they have left on this browser's clock.
   *
   * @param url where Playwright finds the site
   */
  storageState(url: string | URL = this.origin): StorageState {
    return storageStateOf(this.cookies, { from: new URL(this.origin), to: new URL(url), now: this.clock.now() })
  }

  #sentTo(path: string | URL): ReadonlyArray<Cookie> {
    const url = new URL(path, this.origin)
    return this.#jar.sent({ url, isSameSite: true, isNavigation: true, method: "GET" }, this.clock.now())
  }

  /**
   * Sends one request, and follows no redirect.
   *
   * @param _chain the same object for all requests of one chain of redirects
   * @internal
   */
  protected async send(target: Target, url: URL, init: PageInit, _chain: object): Promise<Response> {
    const request = this.request(url, init)
    const response: unknown = await handle(target, request)
    if (!isResponse(response))
      throw new TypeError(
        `${request.method} ${url.pathname}: the handler answered ${nameOf(response)}; it has to return a Response`
      )
    this.store(response.headers.getSetCookie(), url, init)
    await this.#readToken(response)
    return response
  }

  async #followed(target: Target, from: URL, init: PageInit, first: Response, chain: object): Promise<Response> {
    let [url, how, response] = [from, init, first]
    for (let count = 0; isRedirect(response); count++) {
      if (count === mostRedirects) throw new Error(`${from.pathname}: more than ${mostRedirects} redirects`)
      const next = new URL(response.headers.get("location") ?? "", url)
      how = afterRedirect(how, response.status, url, next)
      url = next
      response = await this.send(typeof target === "string" || target instanceof URL ? url : target, url, how, chain)
    }
    return response
  }

  /**
   * The token for a request that changes something. If the browser has no CSRF cookie and has seen no page with a
   * token, it sets the cookie itself, as if it had visited a page of the site before.
   */
  #tokenFor(url: URL, init: PageInit, { isSameOrigin }: Provenance): SentToken | undefined {
    const names = { header: this.#csrf.header, field: this.#csrf.field }
    if (init.csrf === false || isSafe(methodOf(init))) return undefined
    if (init.csrf !== undefined) return { token: init.csrf, ...names }
    if (!isSameOrigin) return undefined
    const known = this.cookie(this.#csrf.cookie, url) ?? this.#pageToken
    if (known !== undefined) return { token: known, ...names }
    this.store([`${this.#csrf.cookie}=${firstSecret}; Path=/; SameSite=Lax${secureFor(url)}`], url)
    return { token: firstSecret, ...names }
  }

  /** Remembers the CSRF token of an HTML page. */
  async #readToken(response: Response): Promise<void> {
    if (response.body === null || !/^text\/html\b/.test(response.headers.get("content-type") ?? "")) return
    const html = await response.clone().text()
    const inputs = html.match(/<input\b[^>]*>/gi) ?? []
    const input = inputs.find((tag) => attribute(tag, "name") === this.#csrf.field)
    this.#pageToken = (input === undefined ? undefined : attribute(input, "value")) ?? this.#pageToken
  }
}

/** 32 letters, like a CSRF secret. It need not be random: the browser and the site belong to one test. */
const firstSecret = "0123456789abcdefghijklmnopqrstuv"

const secureFor = ({ protocol }: URL): string => (protocol === "https:" ? "; Secure" : "")

const attribute = (tag: string, name: string): string | undefined => {
  const [, double, single, bare] =
    new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag) ?? []
  return double ?? single ?? bare
}

const originOf = (text: string | URL): string => {
  const url = URL.parse(String(text))
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new TypeError(`origin: ${JSON.stringify(String(text))} is not an origin; write one as in "http://localhost"`)
  return url.origin
}

export const handle = (target: Target, request: Request): Promise<Response> | Response => {
  if (typeof target === "string" || target instanceof URL) return exchange(request)
  if (typeof target === "function") return target.length < 2 ? target(request) : advised(target, request)
  if (typeof Object(target).fetch !== "function")
    throw new TypeError(
      `browser.fetch: the first argument is a handler, an application with \`fetch\`, or the URL of a server; ${advice}`
    )
  return target.fetch(request)
}

const advice = "write listener(app) for Koa, Express, Fastify and Node"

/**
 * A function `(req, res)` fails where it uses `res`. A handler of a framework may have more parameters than the
 * request.
 */
const advised = async (handler: RequestHandler, request: Request): Promise<Response> => {
  try {
    return await handler(request)
  } catch (error) {
    throw error instanceof TypeError
      ? new TypeError(`${error.message} (the handler got one argument, a Request; ${advice})`, { cause: error })
      : error
  }
}

const provenanceOf = (url: URL, { from }: PageInit): Provenance => {
  const page = new URL(from ?? "/", url)
  return { from: page, isSameOrigin: page.origin === url.origin, isSameSite: isSameSite(page, url) }
}

const cookieRequest = (url: URL, init: PageInit, { isSameSite: sameSite }: Provenance): CookieRequest => ({
  url,
  isSameSite: sameSite,
  isNavigation: modeOf(init) === "navigate",
  method: methodOf(init)
})

const headerOf = (cookies: ReadonlyArray<Cookie>): string =>
  cookies.map(({ name, value }) => (name === "" ? value : `${name}=${value}`)).join("; ")
