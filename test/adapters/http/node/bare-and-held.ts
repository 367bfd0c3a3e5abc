/**
 * Runs one handler on Node's own (bare) response and on a held one, over real sockets, and records what is observable.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { holdResponse } from "../../../../src/adapters/http/node/held-response.ts"
import { nativeOf } from "../../../../src/adapters/http/node/native/native-of.ts"
import type { Replace, ResponseDecision, Send } from "../../../../src/adapters/http/node/response-decision.ts"

export const ours = "sessionid=abc; Path=/; HttpOnly"
export const send: Send = { _tag: "Send", cookies: [ours], varyOnCookie: true }
export const nothing: Send = { _tag: "Send", cookies: [], varyOnCookie: false }
export const unavailable: Replace = {
  _tag: "Replace",
  status: 503,
  headers: { "Content-Type": "application/json", "Retry-After": "5", "Cache-Control": "no-store" },
  body: '{"error":"unavailable"}'
}

export type Mode = "synchronous" | "deferred"
export const modes: ReadonlyArray<Mode> = ["synchronous", "deferred"]

/** Returns `outcome` immediately, or after a while. */
export const answering =
  (mode: Mode, outcome: ResponseDecision) =>
  (_status: number): ResponseDecision | Promise<ResponseDecision> =>
    mode === "synchronous" ? outcome : sleep(10, outcome)

export interface Seen {
  /** The bytes that the client received, with the date blanked. */
  readonly reply: string
  /** What the server observed, in order: events of the response, and what the handler logged. */
  readonly log: ReadonlyArray<string>
}

export type Log = (entry: string) => void
export type Handler = (req: IncomingMessage, res: ServerResponse, log: Log) => unknown
export type Respond = (status: number) => ResponseDecision | Promise<ResponseDecision>

export const code = (error: unknown): string =>
  error instanceof Error ? ("code" in error ? String(error.code) : error.message) : String(error)

/** The code of the error that `act` throws, or its result. */
export const attempt = (act: () => unknown): string => {
  try {
    const result = act()
    return typeof result === "object" ? "returned" : `returned ${String(result)}`
  } catch (error) {
    return `threw ${code(error)}`
  }
}

export const listen = async (listener: RequestListener): Promise<{ server: Server; port: number }> => {
  const server = createServer(listener)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("not listening on a port")
  return { server, port: address.port }
}

export const request = (method = "GET", headers = ""): string =>
  `${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`

/** Sends bytes and returns all that is received until the connection ends, even by an error. */
export const exchange = async (port: number, bytes: string, during?: (socket: Socket) => void): Promise<string> => {
  const socket = connect(port, "127.0.0.1")
  const chunks: Array<Buffer> = []
  socket.on("data", (chunk) => chunks.push(chunk))
  socket.on("error", () => {})
  socket.write(bytes)
  during?.(socket)
  await once(socket, "close")
  return Buffer.concat(chunks)
    .toString("latin1")
    .replaceAll(/^(Date): .*$/gim, "$1: -")
}

export interface Options {
  readonly bytes?: string
  readonly during?: (socket: Socket) => void
  readonly onError?: (error: unknown) => Replace | Promise<Replace>
  readonly beforeHold?: (res: ServerResponse) => void
  readonly afterHold?: (res: ServerResponse) => void
  /** Default: Node's http server, to which the client connects directly. */
  readonly serve?: (listener: RequestListener) => Promise<Serving>
}

export interface Serving {
  readonly port: number
  readonly close: () => void
}

const serveHttp1 = async (listener: RequestListener): Promise<Serving> => {
  const { port, server } = await listen(listener)
  return {
    port,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

/** @param respond `undefined`: Node's bare response */
export const see = async (handler: Handler, respond: Respond | undefined, options: Options = {}): Promise<Seen> => {
  const log: Array<string> = []
  const done = Promise.withResolvers<void>()
  const { close, port } = await (options.serve ?? serveHttp1)(async (req, res) => {
    let isClosed = false
    res.on("close", () => {
      isClosed = true
    })
    for (const event of ["finish", "close"]) res.on(event, () => log.push(event))
    res.on("error", (error) => log.push(`error ${code(error)}`))
    options.beforeHold?.(res)
    if (respond !== undefined) holdResponse(nativeOf(res), { respond, onError: options.onError ?? (() => unavailable) })
    options.afterHold?.(res)
    try {
      await handler(req, res, (entry) => log.push(entry))
    } catch (error) {
      log.push(`handler threw ${code(error)}`)
      res.destroy()
    }
    if (!isClosed) await once(res, "close")
    done.resolve()
  })
  try {
    const reply = await exchange(port, options.bytes ?? request(), options.during)
    await done.promise
    // One more turn of the event loop: nothing may happen afterwards.
    await sleep(20)
    return { reply, log }
  } finally {
    close()
  }
}

/** A reply without the lines that `send` adds. */
export const withoutOurs = ({ reply, log }: Seen): Seen => ({
  reply: reply.replace(new RegExp(`set-cookie: ${ours}\\r\\n`, "i"), "").replace(/vary: Cookie\r\n/i, ""),
  log
})

/** The head's lines, with names in lower case, sorted. */
export const headOf = (reply: string): ReadonlyArray<string> => {
  const [first = "", ...lines] = (reply.split("\r\n\r\n")[0] ?? "").split("\r\n")
  return [first, ...lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())).sort()]
}

export const bodyOf = (reply: string): string => reply.slice(reply.indexOf("\r\n\r\n") + 4)

/** One connection with any number of requests; the server does not delay its answers. */
export const exchangeWith = async (handler: Handler, respond: Respond | undefined, bytes: string): Promise<string> => {
  const { server, port } = await listen((req, res) => {
    if (respond !== undefined) holdResponse(nativeOf(res), { respond, onError: () => unavailable })
    handler(req, res, () => {})
  })
  server.keepAliveTimeout = 100
  try {
    return await exchange(port, bytes)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** 50 pieces of 10 kB. */
export const fifty = function* (): Generator<Buffer> {
  for (let i = 0; i < 50; i++) yield Buffer.alloc(10_000, i)
}

/** An endless stream of pieces. */
export const endless = async function* (): AsyncGenerator<Buffer> {
  for (;;) {
    await sleep(1)
    yield Buffer.alloc(10)
  }
}
