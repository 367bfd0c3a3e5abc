/**
 * A gateway from HTTP/1.1 to HTTP/2 without TLS. With it, tests that write HTTP/1.1 to a socket can reach servers of
 * `node:http2`. Header lines keep their number and order in both directions. Each client connection gets an HTTP/2
 * connection of its own. When the server resets a stream, the gateway closes the client's connection early.
 */
import { once } from "node:events"
import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from "node:http"
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session
} from "node:http2"
import type { AddressInfo, Server } from "node:net"
import type { Served } from "../adapters/http/contract/adapter.ts"

/** Header lines; a name may repeat, as the client sent it. */
const lenient = { settings: {}, strictSingleValueFields: false }

export type Http2Listener = (req: Http2ServerRequest, res: Http2ServerResponse) => unknown

/** Serves this handler over HTTP/2, behind a gateway. */
export const listenHttp2 = async (listener: Http2Listener): Promise<Served> => {
  const server = createServer(lenient, listener)
  const sessions = new Set<ServerHttp2Session>()
  server.on("session", (session) => {
    sessions.add(session)
    session.on("close", () => sessions.delete(session))
  })
  const origin = await listening(server)
  return gatewayTo(origin, async () => {
    for (const session of sessions) session.destroy()
    server.close()
  })
}

/** @param origin of the HTTP/2 server */
export const gatewayTo = async (origin: string, closeOrigin: () => Promise<void>): Promise<Served> => {
  const sessions = new Map<unknown, ClientHttp2Session>()
  const sessionOf = ({ socket }: IncomingMessage): ClientHttp2Session => {
    const present = sessions.get(socket)
    if (present !== undefined) return present
    const session = connect(origin, lenient)
    session.on("error", () => {})
    session.on("close", () => socket.destroy())
    socket.on("close", () => {
      sessions.delete(socket)
      session.close()
    })
    sessions.set(socket, session)
    return session
  }
  const server = createHttp1Server((req, res) => forward(sessionOf(req), req, res))
  return {
    url: await listening(server),
    close: async () => {
      server.closeAllConnections()
      for (const session of sessions.values()) session.destroy()
      server.close()
      await once(server, "close")
      await closeOrigin()
    }
  }
}

const listening = async (server: Server): Promise<string> => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const forward = (session: ClientHttp2Session, req: IncomingMessage, res: ServerResponse): void => {
  const stream = session.request(headersOf(req), { endStream: false })
  req.pipe(stream)
  stream.on("response", (headers, _flags, raw: ReadonlyArray<string> = []) => {
    res.writeHead(Number(headers[":status"]), linesOf(raw))
    res.flushHeaders()
  })
  stream.on("data", (chunk) => res.write(chunk))
  stream.on("end", () => {
    // A reset stream emits "end" too. Whether it was reset is known only when it closes.
    stream.once("close", () => {
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR && res.headersSent) res.end()
      else res.destroy()
    })
  })
  stream.on("error", () => {})
  stream.on("close", () => {
    // A request that is not valid in HTTP/2, for example because of its :authority, never reaches a handler.
    if (stream.rstCode === constants.NGHTTP2_PROTOCOL_ERROR && !res.headersSent) refuse(res)
    else if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || !res.headersSent) res.destroy()
  })
  res.on("close", () => {
    if (!res.writableFinished) stream.close(constants.NGHTTP2_CANCEL)
  })
}

const refuse = (res: ServerResponse): void => {
  res.writeHead(400, { "Cache-Control": "no-store", "Content-Type": "application/json" }).end('{"error":"protocol"}')
}

/** Headers that concern only an HTTP/1.1 connection; HTTP/2 refuses them. */
const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "expect"])

const headersOf = (req: IncomingMessage): Array<string> => {
  const { method = "GET", rawHeaders, url = "/" } = req
  const lines = linesOf(rawHeaders)
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === "host")
  const [authority] = hosts
  return [
    ...[":method", method, ":scheme", "http", ":path", url],
    ...(authority === undefined ? [] : [":authority", authority]),
    ...lines.filter((_, at) => lines[at - (at % 2)] !== "host")
  ]
}

/** An array of lower-case names and values, alternating. */
const linesOf = (raw: ReadonlyArray<string>): Array<string> => {
  const lines: Array<string> = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase()
    if (!name.startsWith(":") && !hopByHop.has(name)) lines.push(name, raw[at + 1] ?? "")
  }
  return lines
}
