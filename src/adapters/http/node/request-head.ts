import type { IncomingMessage } from "node:http"
import type { RequestHead } from "../../../core/http/request-head.ts"

/** What the core wants to know of a request, as it came over the wire. Read only where somebody asks. */
export class NodeRequestHead implements RequestHead {
  readonly #req: IncomingMessage
  #headers: RequestHead["headers"] | undefined

  constructor(req: IncomingMessage) {
    this.#req = req
  }
  get method(): string {
    return this.#req.method ?? "GET"
  }
  get target(): string {
    // Express and Connect cut the mount path off `url`.
    return "originalUrl" in this.#req && typeof this.#req.originalUrl === "string"
      ? this.#req.originalUrl
      : (this.#req.url ?? "/")
  }
  get headers(): RequestHead["headers"] {
    this.#headers ??= withHost(this.#req, pairs(this.#req.rawHeaders))
    return this.#headers
  }
  get transport(): RequestHead["transport"] {
    const { socket } = this.#req
    return {
      secure: "encrypted" in socket && socket.encrypted === true,
      serverName: socket.localAddress ?? "",
      serverPort: String(socket.localPort ?? "")
    }
  }
}

const pairs = (raw: ReadonlyArray<string>): RequestHead["headers"] => {
  const headers: Array<readonly [string, string]> = []
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at] ?? "", raw[at + 1] ?? ""])
  return headers
}

/** HTTP/2 says the host by a field of another name (RFC 9113 section 8.3.1). */
const withHost = (req: IncomingMessage, headers: RequestHead["headers"]): RequestHead["headers"] =>
  req.httpVersionMajor < 2 || req.headers.host !== undefined
    ? headers
    : [...headers, ["Host", String(req.headers[":authority"] ?? "")]]
