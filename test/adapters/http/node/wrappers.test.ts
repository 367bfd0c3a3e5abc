import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { describe, expect, it } from "vitest"
import {
  answering,
  fifty,
  type Handler,
  headOf,
  modes,
  ours,
  see,
  send,
  unavailable,
  withoutOurs
} from "./bare-and-held.ts"
import { compress, inflated } from "./compress.ts"

describe.each(modes)("a held response, %s", (mode) => {
  describe.each(["before", "after"] as const)("with a wrapper installed %s it", (order) => {
    const where = (wrap: (res: ServerResponse) => void) =>
      order === "before" ? { beforeHold: wrap } : { afterHold: wrap }

    it.each<[string, Handler]>([
      ["end", (_, res) => res.end("hello ".repeat(100))],
      [
        "write and end",
        (_, res) => {
          res.write("hello ".repeat(100))
          res.end("bye")
        }
      ],
      ["writeHead and end", (_, res) => res.writeHead(200, { "X-Name": "v" }).end("hello ".repeat(100))],
      ["pipeline", (_, res) => pipeline(Readable.from(fifty()), res)],
      [
        "a loop that waits for drain",
        async (_, res) => {
          for (const chunk of fifty()) if (!res.write(chunk)) await once(res, "drain")
          res.end()
        }
      ]
    ])("compresses as on a bare response: %s", async (_, handler) => {
      const [bare, held] = await Promise.all([
        see(handler, undefined, { beforeHold: compress }),
        see(handler, answering(mode, send), where(compress))
      ])
      expect(headOf(withoutOurs(held).reply)).toEqual(headOf(bare.reply))
      expect(inflated(held.reply)).toEqual(inflated(bare.reply))
      expect(held.reply).toContain(ours)
    })

    it.each<[string, Handler]>([
      ["end", (_, res) => res.end("hello")],
      [
        "write",
        (_, res) => {
          res.write("hello")
          res.end()
        }
      ],
      [
        "flushHeaders",
        (_, res) => {
          res.flushHeaders()
          res.end("hello")
        }
      ],
      ["writeHead", (_, res) => res.writeHead(200, { "X-Name": "v" }).end("hello")]
    ])("leaves a wrapper of writeHead alone in place: %s", async (_, handler) => {
      const timed = (res: ServerResponse): void => {
        const { writeHead } = res
        Object.assign(res, {
          writeHead: (...args: ReadonlyArray<unknown>) => {
            res.setHeader("X-Response-Time", "5 ms")
            return Reflect.apply(writeHead, res, args)
          }
        })
      }
      const [bare, held] = await Promise.all([
        see(handler, undefined, { beforeHold: timed }),
        see(handler, answering(mode, send), where(timed))
      ])
      expect(headOf(withoutOurs(held).reply)).toEqual(headOf(bare.reply))
      expect(held.reply).toContain("X-Response-Time")
    })

    it("sends another response", async () => {
      for (const handler of [
        (_: unknown, res: ServerResponse) => res.end("secret"),
        (_: unknown, res: ServerResponse) => pipeline(fifty, res).catch(() => {})
      ]) {
        const { reply } = await see(handler, answering(mode, unavailable), where(compress))
        expect(headOf(reply)[0]).toBe("HTTP/1.1 503 Service Unavailable")
        expect(inflated(reply)).toBe(unavailable.body)
      }
    })
  })
})
