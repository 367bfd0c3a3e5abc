import type { ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { finished, pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import {
  answering,
  attempt,
  bodyOf,
  code,
  endless,
  exchangeWith,
  fifty,
  type Handler,
  headOf,
  type Log,
  modes,
  request,
  see,
  send,
  unavailable
} from "./bare-and-held.ts"

describe.each(modes)("a held response, %s", (mode) => {
  describe("when the outcome is another response", () => {
    const shapes: Readonly<Record<string, Handler>> = {
      end: (_, res) => res.setHeader("X-Own", "1").end("secret"),
      "writeHead and end": (_, res) => res.writeHead(201, "Own", { "X-Own": "1", "Content-Length": 6 }).end("secret"),
      "writes and an end": (_, res) => {
        res.setHeader("Date", "own")
        res.write("secret")
        res.end("secret")
      },
      "a status without a body": (_, res) => res.writeHead(204).end(),
      "flushHeaders and an end": (_, res) => {
        res.setHeader("Set-Cookie", "own=1")
        res.flushHeaders()
        res.end("secret")
      }
    }
    it.each(Object.entries(shapes))("nothing of the handler's response is sent: %s", async (_, handler) => {
      const { reply, log } = await see(handler, answering(mode, unavailable))
      expect(headOf(reply)).toEqual([
        "HTTP/1.1 503 Service Unavailable",
        "cache-control: no-store",
        "connection: close",
        "content-length: 23",
        "content-type: application/json",
        "date: -",
        "retry-after: 5"
      ])
      expect(bodyOf(reply)).toBe(unavailable.body)
      expect([...log].sort()).toEqual(["close", "finish"])
    })

    it.each<[string, Handler]>([
      ["end", (_, res) => res.end("secret")],
      ["a pipeline that fails", (_, res) => pipeline(fifty, res).catch(() => {})]
    ])("the connection stays usable: %s", async (_, handler) => {
      const twice = `GET / HTTP/1.1\r\nHost: x\r\n\r\n${request()}`
      const reply = await exchangeWith(handler, answering(mode, unavailable), twice)
      expect(reply.match(/503 Service Unavailable/g)).toHaveLength(2)
      expect(reply).not.toContain("secret")
    })

    it("sends no body to HEAD", async () => {
      const { reply } = await see((_, res) => res.end("secret"), answering(mode, unavailable), {
        bytes: request("HEAD")
      })
      expect(headOf(reply)[0]).toBe("HTTP/1.1 503 Service Unavailable")
      expect(bodyOf(reply)).toBe("")
    })

    it("every callback is called, and the response looks sent", async () => {
      const { log } = await see(
        (_, res, log) => {
          res.write("a", (error) => log(`write ${error && code(error)}`))
          res.end("b", () => log("end"))
          log(`${res.headersSent} ${res.writableEnded}`)
          log(attempt(() => res.setHeader("a", "1")))
          log(attempt(() => res.writeHead(200)))
          log(attempt(() => res.write("c")))
          res.end(() => log("end again"))
        },
        answering(mode, unavailable)
      )
      expect(log.slice(0, 4)).toEqual([
        "true true",
        "threw ERR_HTTP_HEADERS_SENT",
        "threw ERR_HTTP_HEADERS_SENT",
        "returned false"
      ])
      expect(log).toContain("write ERR_STREAM_DESTROYED")
      expect(log).toContain("end")
      expect(log).toContain("end again")
    })

    it.each<[string, (res: ServerResponse, log: Log) => Promise<unknown>]>([
      ["a pipeline", (res) => pipeline(Readable.from(fifty()), res)],
      ["a pipeline of a generator", (res) => pipeline(fifty, res)],
      ["an endless pipeline", (res) => pipeline(endless, res)],
      [
        "an endless pipe",
        (res, log) => {
          const source = Readable.from(endless())
          source.pipe(res)
          return finished(res).finally(() => log(`flowing ${source.readableFlowing}`))
        }
      ]
    ])("a handler that is still writing sees its client gone: %s", async (_, write) => {
      const { reply, log } = await see(
        (_, res, log) => {
          res.on("close", () => log(`destroyed ${res.destroyed}`))
          return write(res, log)
        },
        answering(mode, unavailable)
      )
      expect(bodyOf(reply)).toBe(unavailable.body)
      expect(log).toContain("destroyed true")
      expect(log).toContain("handler threw ERR_STREAM_PREMATURE_CLOSE")
      expect(log.filter((entry) => entry === "close")).toHaveLength(1)
    })
  })
})

describe("a response that waits for the commit", () => {
  it("drops its held output when it is destroyed, but the session is still committed", async () => {
    let committed = false
    const { reply, log } = await see(
      async (_, res, log) => {
        res.write("x", (error) => log(`write ${error && code(error)}`))
        res.end("y", () => log("end"))
        res.destroy()
        log(`${res.destroyed} ${res.writableEnded} ${res.headersSent} ${attempt(() => res.setHeader("a", "1"))}`)
        await sleep(40)
        log(`${res.destroyed} ${res.writableEnded} ${res.writableFinished} ${res.headersSent}`)
      },
      async () => {
        await sleep(20)
        committed = true
        return send
      }
    )
    expect(committed).toBe(true)
    expect(reply).toBe("")
    expect(log).toEqual([
      "true true true threw ERR_HTTP_HEADERS_SENT",
      "close",
      "write ERR_STREAM_DESTROYED",
      "end",
      "true true false true"
    ])
  })

  it.each([
    ["commits"],
    ["fails"]
  ])("does not crash when the client disconnects during the replay: it %s", async (how) => {
    let done = false
    const { log } = await see(
      async (_, res, log) => {
        await pipeline(fifty, res).catch((error) => log(code(error)))
        await sleep(60)
      },
      async () => {
        await sleep(50)
        done = true
        if (how === "fails") throw new Error("broken")
        return send
      },
      { during: (socket) => setTimeout(() => socket.resetAndDestroy(), 20) }
    )
    expect(done).toBe(true)
    expect(log).toContain("close")
    expect(log).not.toContain("finish")
  })
})
