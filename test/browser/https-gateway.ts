/** Terminates https in front of a server on loopback, as a reverse proxy in production does. */
import { once } from "node:events"
import { request as ask, type IncomingHttpHeaders, type IncomingMessage } from "node:http"
import { createServer } from "node:https"

export interface HttpsGateway {
  readonly port: number
  /** The requests since the last call, with the status of their answers. */
  readonly received: () => ReadonlyArray<string>
  readonly close: () => void
}

/**
 * @param origin of the server; it gets `X-Forwarded-Proto: https`
 * @param isOfInterest which requests `received` returns
 */
export const startHttpsGateway = async (
  origin: string,
  { certificate, key }: { readonly certificate: Buffer; readonly key: Buffer },
  isOfInterest: (request: IncomingMessage) => boolean
): Promise<HttpsGateway> => {
  let received: ReadonlyArray<string> = []
  const server = createServer({ key, cert: certificate }, (req, res) => {
    const { method, url = "" } = req
    const headers: IncomingHttpHeaders = { ...req.headers, "x-forwarded-proto": "https" }
    const forwarded = ask(origin + url, { method, headers }, (answer) => {
      const proof = headers["secure-session-response"] === undefined ? "" : " proof"
      if (isOfInterest(req)) received = [...received, `${method} ${url}${proof} ${answer.statusCode}`]
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    forwarded.once("error", () => res.destroy())
    res.once("close", () => forwarded.destroy())
    req.pipe(forwarded)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    received: () => {
      const all = received
      received = []
      return all
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}
