import { IncomingMessage } from "node:http"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { RequestHead } from "../../../core/http/request-head.ts"
import { NodeRequestHead } from "../node/request-head.ts"

/**
 * What came in: as it stood on the wire where the server is Node's, else as Effect has it, which joins repeated headers
 * and takes the scheme from the URL.
 */
export const requestHead = (request: HttpServerRequest): RequestHead =>
  request.source instanceof IncomingMessage ? new NodeRequestHead(request.source) : new EffectRequestHead(request)

class EffectRequestHead implements RequestHead {
  readonly joinsHeaders = true
  readonly #request: HttpServerRequest
  #headers: RequestHead["headers"] | undefined

  constructor(request: HttpServerRequest) {
    this.#request = request
  }
  get method(): string {
    return this.#request.method
  }
  get target(): string {
    const { originalUrl } = this.#request
    return /^[a-z]+:\/\/[^/?#]*(.*)$/i.exec(originalUrl)?.[1] ?? originalUrl
  }
  get headers(): RequestHead["headers"] {
    this.#headers ??= Object.entries(this.#request.headers)
    return this.#headers
  }
  get transport(): RequestHead["transport"] {
    const url = URL.parse(this.#request.originalUrl, "http://localhost")
    const secure = url?.protocol === "https:"
    return { secure, serverName: url?.hostname ?? "", serverPort: url?.port || (secure ? "443" : "80") }
  }
}
