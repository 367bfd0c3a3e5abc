import type { IncomingMessage } from "node:http"
import type { RequestHead } from "../../../core/http/request-head.ts"

/** What the core wants to know of a request, as it came over the wire. */
export const requestHead = (req: IncomingMessage): RequestHead => {
  const { rawHeaders, socket } = req
  return {
    method: req.method ?? "GET",
    target: req.url ?? "/",
    get headers() {
      return pairs(rawHeaders)
    },
    get transport() {
      return {
        secure: "encrypted" in socket && socket.encrypted === true,
        serverName: socket.localAddress ?? "",
        serverPort: String(socket.localPort ?? "")
      }
    }
  }
}

const pairs = (raw: ReadonlyArray<string>): ReadonlyArray<readonly [string, string]> => {
  const headers: Array<readonly [string, string]> = []
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at] ?? "", raw[at + 1] ?? ""])
  return headers
}
