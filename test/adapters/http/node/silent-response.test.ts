/** A response to which latchkey adds nothing reaches Node unchanged. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "vitest"
import { holdResponse } from "../../../../src/adapters/http/node/held-response.ts"
import { nativeOf } from "../../../../src/adapters/http/node/native/native-of.ts"
import type { ResponseDecision } from "../../../../src/adapters/http/node/response-decision.ts"

const nothing: ResponseDecision = { _tag: "Send", cookies: [], varyOnCookie: false }
const unavailable: ResponseDecision = { _tag: "Replace", status: 503, headers: {}, body: "" }

/** The client's answer from a handler, and the statuses for which the outcome was asked. */
const served = async (handle: (res: ServerResponse) => void, addsNoHeaders: () => boolean = () => true) => {
  const asked: Array<number> = []
  const server = createServer((_req: IncomingMessage, res) => {
    const respond = (status: number): ResponseDecision => {
      asked.push(status)
      return nothing
    }
    holdResponse(nativeOf(res), { respond, onError: () => unavailable, addsNoHeaders })
    handle(res)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  try {
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })
    return { asked, status: response.status, header: response.headers.get("x-one"), body: await response.text() }
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

describe("a response to which nothing is added", () => {
  it("has the head that the handler set, and `respond` is called once", async () => {
    const response = await served((res) => {
      res.writeHead(201, { "X-One": "1" })
      expect(res.headersSent).toBe(true)
      // As in Node, when no header was set before.
      expect(res.getHeader("X-One")).toBeUndefined()
      res.write("a")
      res.end("b")
    })
    expect(response).toEqual({ asked: [201], status: 201, header: "1", body: "ab" })
  })

  it("stays open, and `respond` is not called, when Node refuses its head", async () => {
    const response = await served((res) => {
      expect(() => res.writeHead(200, { "X-One": "a\nb" })).toThrow("Invalid character")
      expect(() => res.writeHead(200, { "X One": "1" })).toThrow("Header name")
      expect(res.headersSent).toBe(false)
      res.writeHead(202, { "X-One": "2" })
      res.end()
    })
    expect(response).toEqual({ asked: [202], status: 202, header: "2", body: "" })
  })

  it("is held when something may be added", async () => {
    const response = await served(
      (res) => {
        res.writeHead(203, { "X-One": "3" })
        expect(res.getHeader("X-One")).toBe("3")
        res.end()
      },
      () => false
    )
    expect(response).toEqual({ asked: [203], status: 203, header: "3", body: "" })
  })
})
