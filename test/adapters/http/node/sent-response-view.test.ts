import { AsyncLocalStorage } from "node:async_hooks"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { holdResponse } from "../../../../src/adapters/http/node/held-response.ts"
import { nativeOf } from "../../../../src/adapters/http/node/native/native-of.ts"
import { answering, bodyOf, exchange, type Handler, listen, request, see, send, unavailable } from "./bare-and-held.ts"

describe("a held response that waits for the commit", () => {
  const later = answering("deferred", send)

  it("sends nothing before", async () => {
    let settled = false
    const { reply } = await see(
      (_, res) => {
        res.flushHeaders()
        res.write("x")
        res.end()
      },
      () =>
        sleep(30).then(() => {
          settled = true
          return send
        }),
      { during: (socket) => socket.once("data", () => expect(settled).toBe(true)) }
    )
    expect(bodyOf(reply)).toContain("x")
  })

  it("returns false from write, and emits drain once when the commit is over", async () => {
    const { log } = await see(async (_, res, log) => {
      res.on("drain", () => log("drain"))
      log(
        `${res.write("four", () => log("written"))} ${res.writableLength} ${res.writableNeedDrain} ${res.writableEnded}`
      )
      log(`${res.write(Buffer.alloc(6))} ${res.writableLength} ${res.writableNeedDrain}`)
      await once(res, "drain")
      log(`${res.writableNeedDrain} ${res.write("x")}`)
      res.end()
    }, later)
    expect(log.filter((entry) => entry !== "written")).toEqual([
      "false 4 true false",
      "false 10 true",
      "drain",
      "false true",
      "finish",
      "close"
    ])
    expect(log).toContain("written")
  })

  it("lets Node handle backpressure when the client is slow", async () => {
    const { log, reply } = await see(async (_, res, log) => {
      log(String(res.write(Buffer.alloc(8_000_000, "x"))))
      await once(res, "drain")
      log(`drain ${res.writableLength}`)
      res.end()
    }, later)
    expect(log).toEqual(["false", "drain 0", "finish", "close"])
    expect(reply.length).toBeGreaterThan(8_000_000)
  })

  it("is not cut off when the server closes", async () => {
    const handler: Handler = (_, res) => {
      res.end("hello")
      setTimeout(() => server.close(), 5)
    }
    const { server, port } = await listen((req, res) => {
      holdResponse(nativeOf(res), { respond: () => sleep(30, send), onError: () => unavailable })
      handler(req, res, () => {})
    })
    expect(bodyOf(await exchange(port, request()))).toBe("hello")
  })

  it("is destroyed by an error that Node finds only when it writes", async () => {
    const { reply, log } = await see((_, res) => {
      res.strictContentLength = true
      res.writeHead(200, { "Content-Length": 5 }).end("too long")
    }, later)
    expect(reply).not.toContain("200")
    expect(log).toContain("close")
  })

  it("keeps the asynchronous context of its handler", async () => {
    const context = new AsyncLocalStorage<string>()
    const { log } = await see(
      (_, res, log) =>
        context.run("mine", () => {
          res.on("finish", () => log(String(context.getStore())))
          res.end("x", () => log(String(context.getStore())))
        }),
      later
    )
    expect(log).toEqual(["mine", "finish", "mine", "close"])
  })
})
