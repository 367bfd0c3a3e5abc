/** The host of an HTTP/2 request (RFC 9113 section 8.3.1). */
import { once } from "node:events"
import { connect, createServer } from "node:http2"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { expect, it } from "vitest"
import { nodeAuth } from "../../../../src/adapters/http/node.ts"
import { application } from "../../request/site.ts"

it.each([
  ["alone", { ":authority": "example.com" }, "200 example.com"],
  ["beside another Host", { ":authority": "example.com", host: "evil.example" }, "200 example.com"],
  ["beside a Host that is served", { ":authority": "evil.example", host: "example.com" }, "400"]
])("is :authority: %s", async (_, headers, expected) => {
  const { auth } = await application({ allowedHosts: ["example.com"] })
  const server = createServer(
    nodeAuth(auth, (_req, res, { host }) => {
      res.end(host())
    })
  )
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  try {
    // An array of headers is sent unchanged; to an object Node would add an :authority of its own.
    const sent = { ":method": "GET", ":path": "/", ":scheme": "http", ...headers }
    const stream = client.request(Object.entries(sent).flat())
    const [head] = await once(stream, "response")
    const body = await text(stream)
    expect([head[":status"], ...(head[":status"] === 200 ? [body] : [])].join(" ")).toBe(expected)
  } finally {
    client.destroy()
    server.close()
  }
})
