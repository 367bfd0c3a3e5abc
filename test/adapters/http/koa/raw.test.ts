/** Handlers that bypass Koa and write to Node's response themselves. */
import { setTimeout as sleep } from "node:timers/promises"
import Koa from "koa"
import { describe, expect, it, vi } from "vitest"
import { HeadersAlreadySent, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { ContractAuth } from "../contract/adapter.ts"
import { outage } from "../contract/faults.ts"
import { keyIn, varyOf } from "../contract/site.ts"
import { onKoa } from "./koa-site.ts"

type Write = (ctx: Koa.Context) => unknown

/** Writes the session, and then writes the response in this way. */
const writing =
  (write: Write, report: (error: unknown) => void = () => {}) =>
  (auth: ContractAuth) =>
    new Koa().use(koaAuth(auth, { report })).use(async (ctx) => {
      await ctx.session.set("a", 1)
      await write(ctx)
    })

const ways: ReadonlyArray<readonly [string, Write]> = [
  [
    "ctx.respond = false, before the first await",
    (ctx) => {
      ctx.respond = false
      ctx.res.writeHead(201, { "Content-Type": "text/x-mine", "Set-Cookie": "mine=1" })
      ctx.res.end("text")
    }
  ],
  [
    "ctx.respond = false, piece by piece",
    async (ctx) => {
      ctx.respond = false
      ctx.status = 201
      ctx.set("Set-Cookie", "mine=1")
      ctx.res.write("te")
      await sleep(20)
      ctx.res.end("xt")
    }
  ],
  [
    "ctx.respond = false, after the middlewares are done",
    (ctx) => {
      ctx.respond = false
      setTimeout(() => ctx.res.writeHead(201, { "Set-Cookie": "mine=1" }).end("text"), 20)
    }
  ],
  [
    "without a word to Koa",
    (ctx) => {
      ctx.res.statusCode = 201
      ctx.res.setHeader("Set-Cookie", ["mine=1"])
      ctx.res.end("text")
    }
  ],
  [
    "ctx.flushHeaders, then a body",
    (ctx) => {
      ctx.status = 201
      ctx.append("Set-Cookie", "mine=1")
      ctx.flushHeaders()
      ctx.body = "text"
    }
  ]
]

describe("a response that a handler writes itself", () => {
  it.each(ways)("(%s) is sent with the cookie, after the session was stored", (_, write) =>
    onKoa(writing(write), async ({ ask, dataOf, errors, stores }) => {
      stores.beforeCommit = () => sleep(30)
      const reply = await ask("/")
      expect([reply.status, reply.body, varyOf(reply)]).toEqual([201, "text", ["cookie"]])
      expect(cookiesOf(reply)).toEqual(["mine=1", expect.stringMatching(/^sessionid=/)])
      expect([await dataOf(keyIn(reply)), stores.commits(), errors]).toEqual([{ a: 1 }, 1, []])
    })())

  it.each(ways)("(%s) is replaced by 503 when the session cannot be stored", async (_, write) => {
    const reported: Array<unknown> = []
    await onKoa(
      writing(write, (error) => reported.push(error)),
      async ({ ask, stores }) => {
        stores.beforeCommit = outage
        const reply = await ask("/")
        expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([503, '{"error":"unavailable"}', []])
        expect(reported).toEqual([expect.any(StoreUnavailable)])
      }
    )()
  })

  it("rejects a write of the session that comes after its head", () =>
    onKoa(
      writing(async (ctx) => {
        ctx.respond = false
        ctx.res.writeHead(200)
        const late = await ctx["session"].set("b", 2).then(String, (error: unknown) => error)
        ctx.res.end(late instanceof HeadersAlreadySent ? "too late" : String(late))
      }),
      async ({ ask, dataOf }) => {
        const reply = await ask("/")
        expect([reply.body, await dataOf(keyIn(reply))]).toEqual(["too late", { a: 1 }])
      }
    )())

  it("is visibly incomplete when an outage breaks it off", () =>
    onKoa(
      writing(async (ctx) => {
        ctx.respond = false
        ctx.res.write("half")
        await sleep(20)
        throw new StoreUnavailable({ operation: "test", cause: undefined })
      }),
      async ({ errors, open }) => {
        const text = await open("/").end
        expect([text.includes("half"), text.endsWith("0\r\n\r\n"), errors]).toEqual([true, false, []])
      }
    )())

  it("is replaced by a 503 when an outage comes before its head", () =>
    onKoa(
      writing((ctx) => {
        ctx.respond = false
        throw new StoreUnavailable({ operation: "test", cause: undefined })
      }),
      async ({ ask, stores }) => {
        const reply = await ask("/")
        expect([reply.status, cookiesOf(reply), stores.commits()]).toEqual([503, [], 0])
      }
    )())

  it("has its session stored when the client disconnects and no code writes the response", async () => {
    const reached = Promise.withResolvers<void>()
    await onKoa(
      writing((ctx) => {
        ctx.respond = false
        reached.resolve()
      }),
      async ({ dataOf, logIn, open }) => {
        const { key, line } = await logIn()
        const client = open("/", { lines: [line] })
        await reached.promise
        await sleep(20)
        expect(await dataOf(key)).not.toHaveProperty("a")
        client.leave()
        await vi.waitFor(async () => expect(await dataOf(key)).toMatchObject({ a: 1 }), {
          timeout: 20_000,
          interval: 10
        })
      }
    )()
  })
})
