/** Serves the contract's handlers with Node's http server, for adapters that run on it. */
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { NodeRequest, NodeResponse } from "../../../../src/adapters/http/node.ts"
import type { AskedFor, Reply, Served } from "./adapter.ts"

/** Listens on loopback. */
export const listen = async (listener: RequestListener): Promise<Served> => {
  const server = createServer(listener)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("not listening on a port")
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    }
  }
}

export const askedFor = (req: NodeRequest): AskedFor => ({
  method: req.method ?? "",
  url: req.url ?? "",
  header: (name) => {
    const value = req.headers[name.toLowerCase()]
    return typeof value === "string" ? value : value?.[0]
  },
  text: async () => {
    const chunks: Array<Uint8Array> = []
    for await (const chunk of req) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
})

/** Header names with all their values, in the order in which each name first occurs. */
export const headersOf = ({ headers = [] }: Reply): ReadonlyMap<string, ReadonlyArray<string>> => {
  const values = new Map<string, ReadonlyArray<string>>()
  for (const [name, value] of headers) values.set(name, [...(values.get(name) ?? []), value])
  return values
}

export const send = async (res: NodeResponse, reply: Reply): Promise<void> => {
  const { body = "", status = 200 } = reply
  res.statusCode = status
  for (const [name, values] of headersOf(reply)) res.setHeader(name, values.length === 1 ? (values[0] ?? "") : values)
  if (typeof body === "string") res.end(body)
  else await pipeline(Readable.from(body), res)
}
