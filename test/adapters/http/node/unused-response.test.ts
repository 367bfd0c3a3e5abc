/** A response is held from the first use of its request on. Until then, its methods do what Node's own do. */
import type { RequestListener, ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import Koa from "koa"
import { afterEach, describe, expect, it } from "vitest"
import { HeadersAlreadySent } from "../../../../src/adapters/errors/errors.ts"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { connectAuth, nodeAuth, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { application } from "../../request/site.ts"
import type { Served } from "../contract/adapter.ts"
import { listen } from "../contract/node-server.ts"
import { exchange, headOf, request } from "./bare-and-held.ts"
import { compress, inflated } from "./compress.ts"

type Context = WithAuth<MemoryUser, AnyFields>["auth"]
type Handler = (res: ServerResponse, auth: Context) => unknown

const { auth } = await application({ allowedHosts: ["*"] })

let served: Served | undefined
afterEach(() => served?.close())

const frameworks: Readonly<Record<string, (handler: Handler) => RequestListener>> = {
  nodeAuth: (handler) => nodeAuth(auth, (_, res, context) => handler(res, context)),
  connectAuth: (handler) => {
    const attach = connectAuth(auth)
    return (req, res) =>
      attach(req, res, () => void handler(res, (req as typeof req & WithAuth<MemoryUser, AnyFields>).auth))
  },
  koaAuth: (handler) => {
    const app = new Koa().use(koaAuth(auth)).use((ctx) => {
      ctx.respond = false
      return handler(ctx.res, ctx["auth"])
    })
    app.silent = true
    return app.callback()
  }
}

const replyOf = async (listener: RequestListener): Promise<string> => {
  served = await listen(listener)
  return exchange(Number(new URL(served.url).port), request())
}
const cookiesIn = (reply: string) => headOf(reply).filter((line) => line.startsWith("set-cookie: sessionid="))
describe.each(Object.entries(frameworks))("a response under %s", (_, serve) => {
  it.each<readonly [string, Handler]>([
    ["end", async (res, { session }) => res.end(String(await session.setDefault("a", "text")))],
    [
      "write",
      async (res, { session }) => {
        res.write(String(await session.setDefault("a", "te")))
        res.end("xt")
      }
    ],
    [
      "writeHead",
      async (res, { session }) => {
        const { end, writeHead } = res
        Reflect.apply(writeHead, res, [200, { "X-One": String(await session.setDefault("a", "1")) }])
        Reflect.apply(end, res, ["text"])
      }
    ]
  ])("gets the cookie if the handler reads the method `%s` before the first use", async (_, handler) => {
    const reply = await replyOf(serve(handler))
    expect([inflated(reply), cookiesIn(reply).length]).toEqual(["text", 1])
  })

  it("is never held if the handler uses nothing: Node gets the head as it was given", async () => {
    let shown: unknown
    const reply = await replyOf(
      serve((res) => {
        res.writeHead(201, { "X-One": "1" })
        // As in Node, when no header was set before.
        shown = res.getHeader("X-One")
        res.end("text")
      })
    )
    expect([shown, headOf(reply)[0], inflated(reply), cookiesIn(reply)]).toEqual([
      undefined,
      "HTTP/1.1 201 Created",
      "text",
      []
    ])
  })

  it("gets the cookie, compressed by a middleware that ran before the first use", async () => {
    const reply = await replyOf(
      serve(async (res, { session }) => {
        compress(res)
        await sleep(5)
        await session.set("a", 1)
        res.write("hello ".repeat(100))
        res.end("bye")
      })
    )
    expect([inflated(reply), cookiesIn(reply).length]).toEqual([`${"hello ".repeat(100)}bye`, 1])
  })

  it("gets the cookie if headers were set before the first use", async () => {
    const reply = await replyOf(
      serve(async (res, { session }) => {
        res.statusCode = 202
        res.setHeader("X-One", "1")
        await session.set("a", 1)
        res.flushHeaders()
        res.end("text")
      })
    )
    expect([headOf(reply)[0], inflated(reply), cookiesIn(reply).length]).toEqual(["HTTP/1.1 202 Accepted", "text", 1])
    expect(reply).toContain("X-One: 1")
  })

  it("refuses a change that comes after the head, and still reads", async () => {
    const done = Promise.withResolvers<unknown>()
    const reply = await replyOf(
      serve(async (res, { getUser, session }) => {
        res.flushHeaders()
        const user = await getUser()
        const failure = await session.set("a", 1).catch((error: unknown) => error)
        res.end("text")
        done.resolve([user, failure])
      })
    )
    expect(await done.promise).toEqual([undefined, expect.any(HeadersAlreadySent)])
    expect([inflated(reply), cookiesIn(reply)]).toEqual(["text", []])
  })
})
