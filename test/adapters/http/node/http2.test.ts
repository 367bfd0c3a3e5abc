/** A held response of `node:http2` compared with a bare one: the handler and the client see the same. */
import type { RequestListener, ServerResponse } from "node:http"
import { pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { repliesIn } from "../../../full-stack/wire.ts"
import { type Http2Listener, listenHttp2 } from "../../../rig/http2-gateway.ts"
import {
  answering,
  attempt,
  fifty,
  type Handler,
  modes,
  nothing,
  ours,
  request,
  type Seen,
  type Serving,
  see,
  send,
  unavailable,
  withoutOurs
} from "./bare-and-held.ts"
import { handlers } from "./handlers.ts"

/** The handlers use only what responses of both protocols have. */
const serve = async (listener: RequestListener): Promise<Serving> => {
  const { close, url } = await listenHttp2(listener as unknown as Http2Listener)
  return { port: Number(new URL(url).port), close }
}

/** The gateway cuts a body into chunks of its own. */
const understood = ({ log, reply }: Seen) => ({ log, replies: repliesIn(reply) })

/**
 * Only in HTTP/1: status texts, statuses above 599, `writeProcessing`. Also, a bare response sends its head before it
 * refuses.
 */
const ofHttp1 = ["heads that Node refuses", "a status that Node refuses", "early hints first", "chunks that are none"]

/** On HTTP/2 these never end for HEAD, held or not: Node ends the stream before they write to it. */
const endless = /^(pipe|a pipeline|a loop that waits for drain)/

describe.each(modes)("a held response of HTTP/2, %s", (mode) => {
  it.each<[string, Handler]>([
    ["a text", (_, res) => res.end("secret")],
    ["a stream", (_, res) => pipeline(fifty, res).catch(() => {})],
    ["a stream that waits", (_, res) => pipeline(pieces, res).catch(() => {})],
    ["nothing", (_, res) => res.writeHead(204).end()]
  ])("is replaced by another answer, which no wrapper sees, and Node warns of nothing: %s", async (_, handler) => {
    const warnings: Array<Error> = []
    const warned = (warning: Error): number => warnings.push(warning)
    process.on("warning", warned)
    let wrapped = ""
    const wrap = (res: ServerResponse): void => {
      for (const name of ["writeHead", "write", "end"] as const) {
        const beneath = res[name]
        Object.assign(res, {
          [name]: (...args: ReadonlyArray<unknown>) => {
            wrapped += String(args[0])
            return Reflect.apply(beneath, res, args)
          }
        })
      }
    }
    const headers = { ...unavailable.headers, Connection: "close" }
    const seen = await see(handler, answering(mode, { ...unavailable, headers }), { serve, beforeHold: wrap })
    process.off("warning", warned)
    expect(repliesIn(seen.reply)).toEqual([expect.objectContaining({ status: 503, body: unavailable.body })])
    expect([wrapped, warnings]).toEqual(["", []])
  })

  const shared = Object.entries(handlers).filter(([name]) => !ofHttp1.includes(name))
  describe.each(shared)("behaves as Node does: %s", (name, handler) => {
    it.each(endless.test(name) ? ["GET"] : ["GET", "HEAD"])("%s", async (method) => {
      const bytes = request(method)
      const [bare, held, untouched] = await Promise.all([
        see(handler, undefined, { bytes, serve }),
        see(handler, answering(mode, send), { bytes, serve }),
        see(handler, answering(mode, nothing), { bytes, serve })
      ])
      expect(understood(withoutOurs(held))).toEqual(understood(bare))
      expect(understood(untouched)).toEqual(understood(bare))
      expect(held.reply.includes(`set-cookie: ${ours}\r\n`)).toBe(bare.reply !== "")
    })
  })

  it("refuses invalid chunks before it calls `respond`, and sends the answer that replaces them", async () => {
    const statuses: Array<number> = []
    const answer = answering(mode, send)
    const { log, reply } = await see(
      (_, res, log) => {
        log(attempt(() => Reflect.apply(res.write, res, [null])))
        log(attempt(() => Reflect.apply(res.end, res, [{}])))
        res.statusCode = 400
        res.end("sorry")
      },
      (status) => {
        statuses.push(status)
        return answer(status)
      },
      { serve }
    )
    expect(log).toEqual(["threw ERR_STREAM_NULL_VALUES", "threw ERR_INVALID_ARG_TYPE", "finish", "close"])
    expect([statuses, repliesIn(reply).map(({ body, status }) => [status, body])]).toEqual([[400], [[400, "sorry"]]])
  })

  it("restores what it replaced on the response; the accessors that stay answer as before", async () => {
    const { log } = await see(
      async (_, res, log) => {
        res.write("x")
        await sleep(30)
        log(
          Object.getOwnPropertyNames(res)
            .filter((name) => given.includes(name))
            .join()
        )
        log([res.writableEnded, res.writableLength > 0, res.writableNeedDrain].join())
        res.end()
      },
      answering(mode, send),
      { serve }
    )
    expect(log).toEqual([
      mode === "deferred"
        ? "writeHead,write,end,flushHeaders,writableEnded,writableLength,writableNeedDrain"
        : "writeHead,write,end,flushHeaders",
      "false,false,false",
      "finish",
      "close"
    ])
  })
})

const given = [
  ...["writeHead", "write", "end", "flushHeaders", "setHeader", "appendHeader", "removeHeader", "writeInformation"],
  ...["headersSent", "writableEnded", "writableLength", "writableNeedDrain"]
]

async function* pieces(): AsyncGenerator<string> {
  yield "secret"
  await sleep(30)
  yield "more"
}
