/**
 * Method and target of a request as they came over the wire. Middleware that runs before latchkey may rewrite
 * `req.method` and `req.url` (a method override, a mounted application), and not all of it leaves the old value behind.
 *
 * Node announces every request on a diagnostics channel before its first handler runs. On HTTP/2 the raw headers keep
 * both.
 */
import { subscribe } from "node:diagnostics_channel"
import type { NodeRequest } from "./native/native.ts"

export interface RequestLine {
  readonly method: string | undefined
  readonly target: string | undefined
}

/** Where a request keeps its own. Not a WeakMap: what is in one survives every collection but the full ones. */
const key = Symbol.for("latchkey.request-line")

subscribe("http.server.request.start", (message) => {
  if (typeof message !== "object" || message === null || !("request" in message)) return
  const { request } = message
  if (typeof request !== "object" || request === null || key in request) return
  const line: RequestLine = { method: textOf(request, "method"), target: textOf(request, "url") }
  Object.defineProperty(request, key, { value: line })
})

/** Falls back on what Express, Connect, Fastify and method overrides leave in `originalMethod` and `originalUrl`. */
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
