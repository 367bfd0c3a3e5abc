import type { RequestHead } from "../../../core/http/request/request-head.ts"

/**
 * The parts of a `Request` that the core reads. Each is read only when needed.
 *
 * A `Request` is normalised when it is made. In its URL, `..` is resolved, characters outside ASCII are escaped, and
 * `\` becomes `/`. Headers of the same name are joined: cookies by `; `, others by `, `. Header values are Latin-1
 * (WHATWG Fetch: byte sequences, isomorphically decoded), as the core needs them.
 */
export class FetchRequestHead implements RequestHead {
  readonly joinsHeaders = true
  readonly #request: Request
  readonly #isSecure: boolean | undefined
  readonly #sentMethod: string | undefined
  #headers: RequestHead["headers"] | undefined

  /**
   * @param isSecure whether the connection is encrypted; given where the URL is not reliable about it
   * @param sentMethod the method that the client sent; given where middleware may have made a new `Request`
   */
  constructor(request: Request, isSecure?: boolean, sentMethod?: string) {
    this.#request = request
    this.#isSecure = isSecure
    this.#sentMethod = sentMethod
  }
  get method(): string {
    if (this.#sentMethod !== undefined) return this.#sentMethod
    const { method } = this.#request
    return method === "OPTIONS" && isOverridden(this.#request) ? "POST" : method
  }
  get rewrittenMethod(): string {
    return this.#request.method
  }
  get target(): string {
    const [, target = "/"] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^#]*)/i.exec(this.#request.url) ?? []
    return target
  }
  get headers(): RequestHead["headers"] {
    this.#headers ??= [...this.#request.headers]
    return this.#headers
  }
  cookie(): string | undefined {
    return this.#request.headers.get("cookie") ?? undefined
  }
  get hasNoBody(): boolean {
    return this.#request.body === null || /^0+$/.test(this.#request.headers.get("content-length") ?? "")
  }
  get transport(): RequestHead["transport"] {
    const { hostname, port, protocol } = new URL(this.#request.url)
    const secure = this.#isSecure ?? protocol === "https:"
    return { secure, serverName: hostname, serverPort: port === "" ? (secure ? "443" : "80") : port }
  }
}

/**
 * Whether a method override has turned another request into this `OPTIONS` request. Middleware such as
 * `hono/method-override` makes a new `Request`, which does not contain the original method. But the new one keeps the
 * body and its headers, and browsers send neither with an `OPTIONS`.
 */
const isOverridden = ({ headers }: Request): boolean =>
  ["content-type", "content-length", "transfer-encoding"].some((name) => headers.has(name))
