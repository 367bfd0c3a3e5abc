/**
 * Method and target of a request as the client sent them. Middleware that runs before latchkey may change `req.method`
 * and `req.url` (a method override, a mounted application), and not every such middleware keeps the old value.
 *
 * For HTTP/1, Node publishes every request on a diagnostics channel before the first handler runs. For HTTP/2, the raw
 * headers keep both values.
 */
import { subscribe } from "node:diagnostics_channel"
import type { NodeRequest } from "./native/native.ts"

export interface RequestLine {
  readonly method: string | undefined
  readonly target: string | undefined
}

/** The property of a request that holds its line. Not a WeakMap, whose entries only a full garbage collection frees. */
const key = Symbol.for("latchkey.request-line")

subscribe("http.server.request.start", (message) => {
  if (typeof message !== "object" || message === null || !("request" in message)) return
  const { request } = message
  if (typeof request !== "object" || request === null || key in request) return
  const line: RequestLine = { method: textOf(request, "method"), target: textOf(request, "url") }
  Object.defineProperty(request, key, { value: line })
})

/** Falls back to `originalMethod` and `originalUrl`, which Express, Connect, Fastify and method overrides set. */
export const requestLineOf = (req: NodeRequest): RequestLine => {
  if (req.httpVersionMajor >= 2)
    return { method: pseudoHeader(req, ":method") ?? req.method, target: pseudoHeader(req, ":path") ?? req.url }
  const line: unknown = Reflect.get(req, key)
  const seen = typeof line === "object" && line !== null ? line : {}
  return {
    method: textOf(seen, "method") ?? textOf(req, "originalMethod") ?? req.method,
    target: textOf(seen, "target") ?? textOf(req, "originalUrl") ?? req.url
  }
}

const pseudoHeader = ({ rawHeaders }: NodeRequest, name: string): string | undefined => {
  const at = rawHeaders.indexOf(name)
  return at >= 0 && at % 2 === 0 ? rawHeaders[at + 1] : undefined
}

const textOf = (object: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(object, name)
  return typeof value === "string" ? value : undefined
}
