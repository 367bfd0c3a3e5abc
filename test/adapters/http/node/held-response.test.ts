import { once } from "node:events"
import { ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import type { Replace, ResponseDecision } from "../../../../src/adapters/http/node/response-decision.ts"
import {
  answering,
  attempt,
  bodyOf,
  code,
  exchangeWith,
  type Handler,
  headOf,
  modes,
  nothing,
  ours,
  request,
  see,
  send,
  unavailable,
  withoutOurs
} from "./bare-and-held.ts"
import { handlers } from "./handlers.ts"

describe.each(modes)("a held response, %s", (mode) => {
  describe.each(Object.entries(handlers))("behaves as Node does: %s", (_, handler) => {
    it.each(["GET", "HEAD"])("%s", async (method) => {
      const bytes = request(method)
      const [bare, held, untouched] = await Promise.all([
        see(handler, undefined, { bytes }),
        see(handler, answering(mode, send), { bytes }),
        see(handler, answering(mode, nothing), { bytes })
      ])
      expect(withoutOurs(held)).toEqual(bare)
      expect(untouched).toEqual(bare)
      expect(held.reply.includes(`Set-Cookie: ${ours}\r\n`)).toBe(bare.reply !== "")
      expect(held.reply.includes("Vary: Cookie\r\n")).toBe(bare.reply !== "")
    })
  })

  it("reports a write after the end as Node does", async () => {
    const handler: Handler = (_, res, log) => {
      res.end("hello")
      log(attempt(() => res.write("x", (error) => log(`write callback ${error && code(error)}`))))
      log(attempt(() => res.end("y", () => log("end callback"))))
    }
    const [bare, held] = await Promise.all([see(handler, undefined), see(handler, answering(mode, send))])
    expect(held.log.filter((entry) => entry !== "finish")).toEqual(bare.log.filter((entry) => entry !== "finish"))
    expect(withoutOurs(held).reply).toEqual(bare.reply)
  })

  it("serves HTTP/1.0, a kept connection and pipelined requests as Node does", async () => {
    const handler: Handler = (req, res) => {
      if (req.url === "/a") setTimeout(() => res.end("a"), 20)
      else res.writeHead(200, { "X-Url": req.url }).end(req.url)
    }
    const line = (url: string, last = "") => `GET ${url} HTTP/1.1\r\nHost: x\r\n${last}\r\n`
    const pipelined = line("/a") + line("/b") + line("/c", "Connection: close\r\n")
    for (const bytes of [pipelined, "GET /old HTTP/1.0\r\n\r\n", "GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"]) {
      const [bare, held] = await Promise.all([
        exchangeWith(handler, undefined, bytes),
        exchangeWith(handler, answering(mode, send), bytes)
      ])
      expect(held.replaceAll(`Set-Cookie: ${ours}\r\n`, "").replaceAll("Vary: Cookie\r\n", "")).toEqual(bare)
      expect(held.split(ours).length).toBe(bare.split("HTTP/1.1 200").length)
    }
  })

  describe("calls `respond` once", () => {
    const asked = async (handler: Handler, bytes = request()) => {
      const statuses: Array<number> = []
      const answer = answering(mode, send)
      const seen = await see(
        handler,
        (status) => {
          statuses.push(status)
          return answer(status)
        },
        { bytes }
      )
      return { statuses, reply: seen.reply, log: seen.log }
    }

    it.each<[string, Handler, number]>([
      ["end", (_, res) => res.end(), 200],
      ["statusCode", (_, res) => Object.assign(res, { statusCode: 404 }).end("x"), 404],
      ["write", (_, res) => (Object.assign(res, { statusCode: 404 }).write("x") && res.end()) || res.end(), 404],
      ["writeHead over statusCode", (_, res) => Object.assign(res, { statusCode: 404 }).writeHead(500).end("x"), 500],
      ["a status in a text", (_, res) => Reflect.apply(res.writeHead, res, ["302"]).end("x"), 302],
      [
        "flushHeaders",
        (_, res) => {
          res.statusCode = 202
          res.flushHeaders()
          res.statusCode = 500
          res.end("x")
        },
        202
      ]
    ])("with the status that will be sent: %s", async (_, handler, status) => {
      const { statuses, reply } = await asked(handler)
      expect(statuses).toEqual([status])
      expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    })

    it("not for a call that Node refuses, but for the answer that replaces it", async () => {
      const { statuses } = await asked((_, res, log) => {
        log(attempt(() => res.writeHead(99)))
        log(attempt(() => res.writeHead(200, ["odd"])))
        log(attempt(() => res.writeHead(200, { "X-Bad": "\n" })))
        log(attempt(() => Reflect.apply(res.end, res, [5])))
        log(attempt(() => Reflect.apply(res.write, res, [null])))
        res.writeHead(500).end()
      })
      expect(statuses).toEqual([500])
    })

    it("not for an informational response", async () => {
      const { statuses, reply } = await asked((_, res) => {
        res.writeContinue()
        res.writeEarlyHints({ link: "</a.css>; rel=preload" })
        res.writeHead(200).end()
      })
      expect(statuses).toEqual([200])
      expect(reply.indexOf("HTTP/1.1 103")).toBeLessThan(reply.indexOf(ours))
      expect((await asked((_, res) => res.writeHead(101, { Upgrade: "x" }).end())).statuses).toEqual([])
    })

    it("not at all when nothing is written", async () => {
      const { statuses, log } = await asked(async (_, res) => {
        await sleep(20)
        res.destroy()
      })
      expect(statuses).toEqual([])
      expect(log).toEqual(["close"])
    })

    it("when the client has already disconnected", async () => {
      let answered = false
      const { log, reply } = await see(
        async (_, res, log) => {
          res.socket?.destroy()
          await once(res, "close")
          log(attempt(() => res.write("x", (error) => log(`write callback ${error && code(error)}`))))
          log(attempt(() => res.end("y")))
          await sleep(30)
        },
        async () => {
          await sleep(10)
          answered = true
          return send
        }
      )
      expect(answered).toBe(true)
      expect(reply).toBe("")
      expect(log).toEqual(["close", "returned false", "returned", "write callback ERR_STREAM_DESTROYED"])
    })
  })

  describe("when `respond` fails", () => {
    const fail = (): Promise<ResponseDecision> => {
      const error = new Error("broken")
      if (mode === "synchronous") throw error
      return sleep(10).then(() => Promise.reject(error))
    }

    it("onError answers", async () => {
      const errors: Array<unknown> = []
      const { reply } = await see((_, res) => res.end("secret"), fail, {
        onError: (error) => {
          errors.push(error)
          return unavailable
        }
      })
      expect(errors).toEqual([new Error("broken")])
      expect(headOf(reply)[0]).toBe("HTTP/1.1 503 Service Unavailable")
      expect(bodyOf(reply)).toBe(unavailable.body)
    })

    it.each<[string, () => Promise<Replace>]>([
      [
        "throws",
        () => {
          throw new Error("again")
        }
      ],
      ["rejects", () => Promise.reject(new Error("again"))]
    ])("an empty 500 is the answer when onError %s", async (_, onError) => {
      const { reply, log } = await see((_, res) => res.end("secret"), fail, {
        onError,
        bytes: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
      })
      expect(headOf(reply)).toEqual([
        "HTTP/1.1 500 Internal Server Error",
        "cache-control: no-store",
        "connection: close",
        "content-length: 0",
        "date: -"
      ])
      expect(bodyOf(reply)).toBe("")
      expect(log).toEqual(["finish", "close"])
    })
  })

  it("restores the methods that it replaced", async () => {
    const { log } = await see(
      (_, res, log) => {
        res.write("x")
        setTimeout(() => {
          const given = [res.writeHead, res.write, res.end, res.flushHeaders]
          const proto = ServerResponse.prototype
          log(
            String(
              given.every((method, at) => method === [proto.writeHead, proto.write, proto.end, proto.flushHeaders][at])
            )
          )
          res.end()
        }, 30)
      },
      answering(mode, send)
    )
    expect(log).toEqual(["true", "finish", "close"])
  })
})
