/** Calls a Node server application without a socket: each request has a connection in memory. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http"
import { type Duplex, duplexPair } from "node:stream"
import type { RequestHandler } from "./browser.ts"
import { exchange } from "./exchange.ts"

/** An application of Koa: `callback()` makes its listener. */
interface WithCallback {
  readonly callback: () => RequestListener
}

/** An application of Fastify: once it is ready, its server has its listener. */
interface WithServer {
  readonly ready: () => PromiseLike<unknown>
  readonly server: Pick<Server, "emit">
}

/** What {@link listener} takes. Express and Connect applications are functions. */
export type NodeApplication =
  | ((req: IncomingMessage, res: ServerResponse) => unknown)
  | WithCallback
  | WithServer
  | Pick<Server, "emit" | "listening">

/**
 * Makes a handler of a Koa, Express, Connect or Fastify application, a server of `node:http`, or a function
 * `(req, res)`. No socket is opened: every request has a connection of its own in memory, which Node's http server
 * reads and writes as any other. With an `https` URL the connection counts as encrypted.
 *
 * ```ts
 * const response = await alice.fetch(listener(koaApp), "/account")
 * ```
 *
 * @returns a function from a `Request` to its response; it rejects if the application breaks the connection off
 * @throws {TypeError} for what is no application
 */
export const listener = (application: NodeApplication): RequestHandler => {
  if (!isApplication(application))
    throw new TypeError(
      "listener: pass an application of Koa, Express, Connect or Fastify, a server, or a function (req, res)"
    )
  let server: Promise<Pick<Server, "emit">> | undefined
  return async (request) => {
    server ??= serverOf(application)
    return exchange(request, connectTo(await server, new URL(request.url)))
  }
}

const serverOf = async (application: NodeApplication): Promise<Pick<Server, "emit">> => {
  if (typeof application === "function") return createServer((req, res) => void application(req, res))
  if ("callback" in application) return createServer(application.callback())
  if ("server" in application) {
    await application.ready()
    return application.server
  }
  return application
}

const isApplication = (application: NodeApplication): boolean =>
  typeof application === "function" ||
  ["callback", "ready", "emit"].some((method) => typeof Object(application)[method] === "function")

/** Hands one end of a connection in memory to the server. @returns the other end */
const connectTo = (server: Pick<Server, "emit">, { port, protocol }: URL): Duplex => {
  const [ours, theirs] = duplexPair()
  const isEncrypted = protocol === "https:"
  const localPort = port === "" ? (isEncrypted ? 443 : 80) : Number(port)
  const address = {
    localAddress: "127.0.0.1",
    localPort,
    remoteAddress: "127.0.0.1",
    remoteFamily: "IPv4",
    remotePort: 1
  }
  // A server of node:https would begin with the handshake of TLS; this is a connection after it.
  server.emit(
    "setSecureContext" in server ? "secureConnection" : "connection",
    Object.assign(theirs, address, isEncrypted ? { encrypted: true } : {})
  )
  return ours
}
