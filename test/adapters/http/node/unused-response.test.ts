/** A response is held only if its request is used, and only from then on. Until then, its methods do what Node's do. */
import { once } from "node:events"
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
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
const { auth: second } = await application({ allowedHosts: ["*"], sessionCookie: { name: "other" } })

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

  it("can be held after Node has refused a call", async () => {
    const reply = await replyOf(
      serve(async (res, { session }) => {
        expect(() => res.writeHead(200, { "X One": "1" })).toThrow("Header name")
        expect(() => res.end(1)).toThrow("chunk")
        await session.set("a", 1)
        res.end("text")
      })
    )
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

  it.each([
    "end",
    "write",
    "writeHead"
  ] as const)("gets the cookie if the first use is in a replaced `%s`", async (name) => {
    const reply = await replyOf(
      serve((res, { session }) => {
        const { [name]: beneath } = res
        const replaced = (...args: ReadonlyArray<unknown>) => {
          // Not awaited, or awaited: the change is stored in both cases.
          const change = session.set("a", 1)
          if (name === "end") void change.then(() => Reflect.apply(beneath, res, args))
          else Reflect.apply(beneath, res, args)
          return res
        }
        Object.assign(res, { [name]: replaced })
        if (name === "writeHead") res.writeHead(200)
        if (name === "write") res.write("te")
        res.end(name === "write" ? "xt" : "text")
      })
    )
    expect([inflated(reply), cookiesIn(reply).length]).toEqual(["text", 1])
  })

  it.each([
    "end",
    "write",
    "flushHeaders"
  ] as const)("refuses a change in a replaced `writeHead` that Node's `%s` calls", async (name) => {
    const refused = Promise.withResolvers<unknown>()
    const reply = await replyOf(
      serve((res, { session }) => {
        const { writeHead } = res
        Object.assign(res, {
          writeHead: (...args: ReadonlyArray<unknown>) => {
            session.set("a", 1).then(refused.resolve, refused.resolve)
            return Reflect.apply(writeHead, res, args)
          }
        })
        if (name === "write") res.write("te")
        if (name === "flushHeaders") res.flushHeaders()
        res.end(name === "write" ? "xt" : "text")
      })
    )
    expect(await refused.promise).toBeInstanceOf(HeadersAlreadySent)
    expect([inflated(reply), cookiesIn(reply)]).toEqual(["text", []])
  })

  it.each([
    "end",
    "write"
  ] as const)("refuses a change that comes after `%s`, if the client has disconnected before", async (name) => {
    const refused = Promise.withResolvers<unknown>()
    const entered = Promise.withResolvers<void>()
    served = await listen(
      serve(async (res, { session }) => {
        const closed = once(res, "close")
        entered.resolve()
        await closed
        res.on("error", () => {})
        res[name]("text")
        refused.resolve(await session.set("a", 1).catch((error: unknown) => error))
        res.end()
      })
    )
    await exchange(Number(new URL(served.url).port), request(), (socket) => {
      void entered.promise.then(() => socket.destroy())
    })
    expect(await refused.promise).toBeInstanceOf(HeadersAlreadySent)
  })

  it("can still be used after Node has refused a chunk or a status", async () => {
    const reply = await replyOf(
      serve(async (res, { session }) => {
        expect(() => Reflect.apply(res.end, res, [{}])).toThrow("chunk")
        expect(() => Reflect.apply(res.write, res, [{}])).toThrow("chunk")
        expect(() => res.writeHead(200, { "X-One": "a\nb" })).toThrow("Invalid character")
        res.statusCode = 1
        expect(() => res.flushHeaders()).toThrow("Invalid status code")
        res.statusCode = 200
        await session.set("a", 1)
        res.end("text")
      })
    )
    expect([inflated(reply), cookiesIn(reply).length]).toEqual(["text", 1])
  })

  it("calls a listener for `drain` that was added before the first use, if a package compresses", async () => {
    const listener = serve(async (res, { session }) => {
      res.on("drain", () => res.end("bye"))
      await session.set("a", 1)
      if (res.write("hello")) res.end("bye")
    })
    const reply = await replyOf((req, res) => {
      compress(res)
      listener(req, res)
    })
    expect([inflated(reply), cookiesIn(reply).length]).toEqual(["hellobye", 1])
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

it("gets the cookie of an outer application that is first used while an inner one writes its session", async () => {
  const [outer, inner] = [connectAuth(auth), connectAuth(second)]
  const reply = await replyOf((req: IncomingMessage & Partial<WithAuth<MemoryUser, AnyFields>>, res) =>
    outer(req, res, () => {
      const { auth: first } = req
      inner(req, res, async () => {
        await req.auth?.session.set("b", 1)
        res.end("text")
        await first?.session.set("a", 1)
      })
    })
  )
  expect([inflated(reply), cookiesIn(reply).length]).toEqual(["text", 1])
  expect(reply).toContain("other=")
})

it("a middleware that runs after the head was sent refuses changes", async () => {
  const attach = connectAuth(auth)
  const done = Promise.withResolvers<unknown>()
  await replyOf((req, res) => {
    res.flushHeaders()
    attach(req, res, async () => {
      const { session } = (req as typeof req & WithAuth<MemoryUser, AnyFields>).auth
      done.resolve(await session.set("a", 1).catch((error: unknown) => error))
      res.end()
    })
  })
  expect(await done.promise).toBeInstanceOf(HeadersAlreadySent)
})
