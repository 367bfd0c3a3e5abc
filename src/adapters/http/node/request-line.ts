/**
 * Method and target of a request as the client sent them. Middleware that runs before latchkey may change `req.method`
 * and `req.url` (a method override, a mounted application), and not every such middleware keeps the old value.
 *
 * For HTTP/1, Node publishes every request on a diagnostics channel before the first handler runs. For HTTP/2, the raw
 * headers keep both values.
 */
import { subscribe } from "node:diagnostics_channel"
import type { IncomingMessage } from "node:http"
import type { NodeRequest } from "./native/native.ts"
import { nodeHttp } from "./node-http.ts"

/** The property of a request that holds its line. Not a WeakMap, whose entries only a full garbage collection frees. */
const key = Symbol.for("latchkey.request-line")

/** A request that Node has published. */
interface Published extends IncomingMessage {
  [key]?: RequestLine
}

/** Method and target as they were when the request was published. */
class RequestLine {
  readonly method: string | undefined
  readonly target: string | undefined

  constructor({ method, url }: IncomingMessage) {
    this.method = method
    this.target = url
  }
}

subscribe("http.server.request.start", (message) => {
  if (typeof message !== "object" || message === null || !("request" in message)) return
  const { request } = message
  if (request instanceof nodeHttp.IncomingMessage) publish(request)
})

const publish = (request: Published): void => {
  request[key] = new RequestLine(request)
}

/** The method. Falls back to `originalMethod`, which Express, Connect, Fastify and method overrides set. */
export const methodOf = (req: NodeRequest): string | undefined =>
  req.httpVersionMajor >= 2
    ? (pseudoHeader(req, ":method") ?? req.method)
    : (lineOf(req)?.method ?? textOf(req, "originalMethod") ?? req.method)

/** The target. Falls back to `originalUrl`, which Express, Connect and Fastify set. */
export const targetOf = (req: NodeRequest): string | undefined =>
  req.httpVersionMajor >= 2
    ? (pseudoHeader(req, ":path") ?? req.url)
    : (lineOf(req)?.target ?? textOf(req, "originalUrl") ?? req.url)

const lineOf = (req: object): RequestLine | undefined => {
  const published: { [key]?: RequestLine } = req
  return published[key]
}

const pseudoHeader = ({ rawHeaders }: NodeRequest, name: string): string | undefined => {
  const at = rawHeaders.indexOf(name)
  return at >= 0 && at % 2 === 0 ? rawHeaders[at + 1] : undefined
}

const textOf = (object: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(object, name)
  return typeof value === "string" ? value : undefined
}
