import { header, type RequestHead } from "../../../core/http/request/request-head.ts"
import type { NodeRequest } from "./native/native.ts"
import { methodOf, targetOf } from "./request-line.ts"

/** The parts of a request that the core reads, as they were sent by the client. Each is read only when needed. */
export class NodeRequestHead implements RequestHead {
  readonly #req: NodeRequest
  #headers: RequestHead["headers"] | undefined

  constructor(req: NodeRequest) {
    this.#req = req
  }
  get method(): string {
    return methodOf(this.#req) ?? "GET"
  }
  get rewrittenMethod(): string {
    return this.#req.method ?? "GET"
  }
  get target(): string {
    return targetOf(this.#req) ?? "/"
  }
  get headers(): RequestHead["headers"] {
    this.#headers ??= withHost(this.#req, pairs(this.#req.rawHeaders))
    return this.#headers
  }
  cookie(): string | undefined {
    const raw = this.#req.rawHeaders
    let joined: string | undefined
    for (let at = 0; at + 1 < raw.length; at += 2)
      if (isCookie(raw[at])) joined = joined === undefined ? raw[at + 1] : `${joined}; ${raw[at + 1]}`
    return joined
  }
  get hasNoBody(): boolean {
    const length = header(this, "content-length")
    if (length !== undefined) return /^0+$/.test(length)
    if (this.#req.httpVersionMajor < 2) return header(this, "transfer-encoding") === undefined
    return "stream" in this.#req && endsAfterHeaders(this.#req.stream)
  }
  get transport(): RequestHead["transport"] {
    const { socket } = this.#req
    return {
      secure: "encrypted" in socket && socket.encrypted === true,
      serverName: socket.localAddress ?? "",
      serverPort: String(socket.localPort ?? ""),
      clientAddress: socket.remoteAddress
    }
  }
}

/** Most clients write the name in one of two ways. Converting a name to lower case takes longer than comparing it. */
const isCookie = (name: string | undefined): boolean =>
  name?.length === 6 && (name === "Cookie" || name === "cookie" || name.toLowerCase() === "cookie")

/** Whether the headers of this `node:http2` stream came with END_STREAM. */
const endsAfterHeaders = (stream: unknown): boolean =>
  typeof stream === "object" && stream !== null && "endAfterHeaders" in stream && stream.endAfterHeaders === true

const pairs = (raw: ReadonlyArray<string>): RequestHead["headers"] => {
  const headers: Array<readonly [string, string]> = []
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at] ?? "", raw[at + 1] ?? ""])
  return headers
}

/**
 * HTTP/2 sends the host in `:authority`. If that is present, `Host` is ignored (RFC 9113 section 8.3.1). Without it,
 * the client's `Host` is used.
 */
const withHost = (req: NodeRequest, headers: RequestHead["headers"]): RequestHead["headers"] => {
  const [, authority] = (req.httpVersionMajor < 2 ? undefined : headers.find(([name]) => name === ":authority")) ?? []
  if (authority === undefined) return headers
  return [...headers.filter(([name]) => name.toLowerCase() !== "host"), ["Host", authority]]
}
