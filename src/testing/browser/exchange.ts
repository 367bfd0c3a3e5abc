import { type IncomingMessage, request as overHttp } from "node:http"
import { request as overHttps } from "node:https"
import { type Duplex, Readable } from "node:stream"

/**
 * Sends a request with exactly its headers, and follows no redirect. Node's `fetch` would replace some of them.
 *
 * @param connection a connection to the server; default: a new one to the host of the URL
 */
export const exchange = async (request: Request, connection?: Duplex): Promise<Response> => {
  const { hostname, pathname, port, protocol, search } = new URL(request.url)
  const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer())
  const target =
    connection === undefined
      ? { hostname: hostname.replace(/^\[|\]$/g, ""), port }
      : { createConnection: () => connection }
  const open = protocol === "https:" && connection === undefined ? overHttps : overHttp
  return new Promise((resolve, reject) => {
    const sent = open({
      ...target,
      ...(connection === undefined ? { agent: false } : {}),
      method: request.method,
      path: `${pathname}${search}`,
      headers: [...request.headers].flat(),
      signal: request.signal
    })
    sent.on("error", reject)
    sent.on("response", (response) => resolve(responseOf(response, request.method)))
    sent.end(body)
  })
}

const responseOf = (received: IncomingMessage, method: string): Response => {
  const headers = new Headers()
  for (let at = 0; at + 1 < received.rawHeaders.length; at += 2)
    headers.append(received.rawHeaders[at] ?? "", received.rawHeaders[at + 1] ?? "")
  const { statusCode: status = 500, statusMessage: statusText = "" } = received
  const hasNoBody = method === "HEAD" || [204, 205, 304].includes(status)
  if (hasNoBody) received.resume()
  return new Response(hasNoBody ? null : Readable.toWeb(received), { status, statusText, headers })
}
