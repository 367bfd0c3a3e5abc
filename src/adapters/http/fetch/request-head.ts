import type { RequestHead } from "../../../core/http/request-head.ts"

/**
 * What the core wants to know of a `Request`. Read only where somebody asks.
 *
 * A `Request` has been tidied before anybody sees it: its URL is normalised (`..` is resolved, what is not ASCII is
 * escaped, `\` is `/`), and headers of one name are one, joined by `; ` if they are cookies, else by `, `. Their values
 * are Latin-1 (WHATWG Fetch: byte sequences, isomorphically decoded), as the core wants them.
 */
export class FetchRequestHead implements RequestHead {
  readonly joinsHeaders = true
  readonly #request: Request
  readonly #isSecure: boolean | undefined
  readonly #sentMethod: string | undefined
  #headers: RequestHead["headers"] | undefined

  /**
   * @param isSecure whether the connection is encrypted, where the URL cannot be believed about it
   * @param sentMethod the method on the wire, where it is known that something may have made a new `Request` since
   */
  constructor(request: Request, isSecure?: boolean, sentMethod?: string) {
    this.#request = request
    this.#isSecure = isSecure
    this.#sentMethod = sentMethod
  }
  get method(): string {
    return this.#sentMethod ?? (isOverridden(this.#request) ? "POST" : this.#request.method)
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
 * Whether a method override has made this `OPTIONS` out of another request. Middleware such as `hono/method-override`
 * makes a new `Request`, which does not say how it came over the wire; but it keeps the body and its headers, and
 * browsers send neither with an `OPTIONS`.
 */
const isOverridden = ({ headers, method }: Request): boolean =>
  method === "OPTIONS" && ["content-type", "content-length", "transfer-encoding"].some((name) => headers.has(name))
