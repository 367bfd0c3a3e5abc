/** Serves a handler of `Request`s with Node's http server, as the servers of such frameworks do. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { ReadableStream } from "node:stream/web"
import type { AskedFor, Reply, Served } from "../adapters/http/contract/adapter.ts"
import { listen } from "../adapters/http/contract/node-server.ts"

export type FetchHandler = (request: Request) => Promise<Response>

/** Listens on loopback. When the handler rejects, the answer is a 500 with a text of this server. */
export const serveFetch = (handler: FetchHandler): Promise<Served> =>
  listen((req, res) => {
    const request = requestOf(req, res)
    if (request === undefined) return void res.writeHead(400).end()
    handler(request)
      .catch(() => new Response("the server's own words", { status: 500 }))
      .then((response) => write(req, res, response))
      .catch(() => res.destroy())
  })

/** The request's signal is aborted when the client disconnects. @returns `undefined` if its target is no URL */
const requestOf = (req: IncomingMessage, res: ServerResponse): Request | undefined => {
  const { method = "GET", url = "/" } = req
  const target = URL.parse(url.startsWith("/") ? `http://127.0.0.1${url}` : url)
  // A Request may have no password in its URL.
  if (target === null || target.username !== "" || target.password !== "") return undefined
  const left = new AbortController()
  res.on("close", () => {
    if (!res.writableFinished) left.abort()
  })
  const headers = new Headers()
  for (let at = 0; at + 1 < req.rawHeaders.length; at += 2)
    headers.append(req.rawHeaders[at] ?? "", req.rawHeaders[at + 1] ?? "")
  const hasBody = method !== "GET" && method !== "HEAD"
  return new Request(target, {
    method,
    headers,
    signal: left.signal,
    ...(hasBody ? { body: Readable.toWeb(req), duplex: "half" as const } : {})
  })
}

const write = async (req: IncomingMessage, res: ServerResponse, response: Response): Promise<void> => {
  res.statusCode = response.status
  res.statusMessage = response.statusText
  for (const [name, value] of response.headers) res.appendHeader(name, value)
  if (response.body === null || req.method === "HEAD") {
    await response.body?.cancel()
    res.end()
  } else {
    res.flushHeaders()
    await pipeline(Readable.fromWeb(response.body), res)
  }
}

// ---- the contract's handlers -------------------------------------------------------------------------------------

export const askedFor = (request: Request): AskedFor => ({
  method: request.method,
  url: request.url,
  header: (name) => request.headers.get(name) ?? undefined,
  text: () => request.text()
})

export const responseOf = ({ body, headers = [], status = 200 }: Reply): Response =>
  new Response(typeof body === "string" || body === undefined ? (body ?? null) : streamOf(body), {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value])
  })

const streamOf = (pieces: AsyncIterable<string>): ReadableStream<Uint8Array> => ReadableStream.from(encoded(pieces))

async function* encoded(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of pieces) yield encoder.encode(piece)
}
