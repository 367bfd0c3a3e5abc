/** The cookies of Koa's responses, also those of a `Response` as the body. */
import Koa from "koa"
import { describe, expect, it } from "vitest"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { cookiesOf, type Reply } from "../../../full-stack/wire.ts"
import { outage } from "../contract/faults.ts"
import { keyIn, varyOf } from "../contract/site.ts"
import { answering, onKoa, webStream } from "./koa-site.ts"

type Answer = (ctx: Koa.Context) => void

/** Names and values of the cookies that are sent, in order. */
const pairsOf = (reply: Reply): ReadonlyArray<string | undefined> =>
  cookiesOf(reply).map((line) => line.split(";", 1)[0])

const withCookies = (cookies: ReadonlyArray<string>, init: ResponseInit = {}): Response => {
  const headers = cookies.map((line): [string, string] => ["Set-Cookie", line])
  return new Response(init.status === 204 ? null : "text", { ...init, headers })
}

/** What a handler may do with cookies, and which cookies are sent together with latchkey's. */
const orders: ReadonlyArray<readonly [name: string, answer: Answer, pairs: ReadonlyArray<string>]> = [
  [
    "alone",
    (ctx) => {
      ctx.body = withCookies(["x=1; Expires=Wed, 01 Jan 2070 00:00:00 GMT; Path=/", "y=2"])
    },
    ["x=1", "y=2"]
  ],
  [
    "one, after cookies of ctx.append",
    (ctx) => {
      ctx.append("Set-Cookie", "a=1")
      ctx.body = withCookies(["x=1"])
    },
    ["a=1", "x=1"]
  ],
  [
    "none, after cookies of ctx.append",
    (ctx) => {
      ctx.append("Set-Cookie", ["a=1", "b=2"])
      ctx.body = withCookies([])
    },
    ["a=1", "b=2"]
  ],
  [
    "between those of ctx.append",
    (ctx) => {
      ctx.append("Set-Cookie", "a=1")
      ctx.append("Set-Cookie", "b=2")
      ctx.body = withCookies(["x=1", "y=2"])
      ctx.append("Set-Cookie", ["c=3"])
    },
    ["a=1", "b=2", "x=1", "y=2", "c=3"]
  ],
  [
    "between those of ctx.cookies",
    (ctx) => {
      ctx.cookies.set("a", "1")
      ctx.body = withCookies(["x=1", "y=2"])
      ctx.cookies.set("b", "2")
      ctx.cookies.set("y", "3", { overwrite: true })
    },
    ["a=1", "x=1", "b=2", "y=3"]
  ],
  [
    "of two Responses, of which the second replaces the first",
    (ctx) => {
      ctx.body = withCookies(["x=1", "y=2"])
      ctx.body = withCookies(["z=3"])
    },
    ["x=1", "y=2", "z=3"]
  ],
  [
    "of a Response that the handler replaces by a text",
    (ctx) => {
      ctx.body = withCookies(["x=1", "y=2"])
      ctx.body = "text"
    },
    ["x=1", "y=2"]
  ],
  [
    "of a Response that is set again, and then wrapped in another",
    (ctx) => {
      const response = withCookies(["x=1", "y=2"])
      ctx.body = response
      ctx.append("Set-Cookie", "a=1")
      ctx.response.body = response
      ctx.body = new Response(response.body, response)
    },
    ["x=1", "y=2", "a=1"]
  ],
  [
    "of an empty Response",
    (ctx) => {
      ctx.append("Set-Cookie", "a=1")
      ctx.body = withCookies(["x=1", "y=2"], { status: 204 })
    },
    ["a=1", "x=1", "y=2"]
  ],
  [
    "removed again",
    (ctx) => {
      ctx.body = withCookies(["x=1", "y=2"])
      ctx.remove("Set-Cookie")
    },
    []
  ]
]

describe("cookies", () => {
  it.each(orders)("of a Response (%s) are separate lines, each once, in order, latchkey's last", (_, answer, pairs) =>
    onKoa(answering(answer), async ({ ask, dataOf, errors }) => {
      for (const method of ["GET", "HEAD"]) {
        const reply = await ask("/", { method })
        expect(pairsOf(reply)).toEqual([...pairs, expect.stringMatching(/^sessionid=/)])
        expect([await dataOf(keyIn(reply)), errors]).toEqual([{ a: 1 }, []])
      }
    })())

  it("of a Response are sent together with both of latchkey's, with its other headers and its stream", () =>
    onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          await ctx.session.set("a", 1)
          await ctx.auth.getCsrfToken()
          ctx.cookies.set("before", "1")
          const body = new Response(webStream(), {
            headers: [
              ["Set-Cookie", "one=1"],
              ["Set-Cookie", "two=2"],
              ["Vary", "Accept"]
            ]
          })
          ctx.body = body
          ctx.set("X-Same", String(ctx.body === body && ctx.response.body === body && !body.bodyUsed))
        }),
      async ({ ask, dataOf }) => {
        const reply = await ask("/")
        expect(pairsOf(reply)).toEqual([
          "before=1",
          "one=1",
          "two=2",
          expect.stringMatching(/^csrftoken=/),
          expect.stringMatching(/^sessionid=/)
        ])
        expect([reply.body, reply.headers.get("x-same"), varyOf(reply), await dataOf(keyIn(reply))]).toEqual([
          "text",
          ["true"],
          ["accept", "cookie"],
          { a: 1 }
        ])
      }
    )())

  it("of a Response that were set before latchkey's are separate lines in the same place", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use((ctx, next) => {
            ctx.body = withCookies(["x=1", "y=2"])
            if (ctx.path === "/removed") ctx.remove("Set-Cookie")
            ctx.append("Set-Cookie", "a=1")
            ctx.status = 202
            return next()
          })
          .use(koaAuth(auth))
          .use((ctx) => ctx["session"].set("a", 1)),
      async ({ ask }) => {
        const reply = await ask("/")
        expect([reply.status, reply.body]).toEqual([202, "text"])
        expect(pairsOf(reply)).toEqual(["x=1", "y=2", "a=1", expect.stringMatching(/^sessionid=/)])
        expect(pairsOf(await ask("/removed"))).toEqual(["a=1", expect.stringMatching(/^sessionid=/)])
      }
    )())

  it("of a Response that is set after the head was sent change nothing", () =>
    onKoa(
      answering((ctx) => {
        ctx.flushHeaders()
        ctx.body = withCookies(["x=1", "y=2"])
      }),
      async ({ ask, errors }) => {
        const reply = await ask("/")
        expect([reply.body, pairsOf(reply), errors]).toEqual(["text", [expect.stringMatching(/^sessionid=/)], []])
      }
    )())

  it("of a handler, set in any way, are not sent when the session cannot be stored", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use((ctx, next) => {
            ctx.cookies.set("outside", "1")
            return next()
          })
          .use(koaAuth(auth, { report: () => {} }))
          .use(async (ctx) => {
            await ctx.session.set("a", 1)
            ctx.cookies.set("mine", "1")
            ctx.body = withCookies(["x=1", "y=2"])
          }),
      async ({ ask, stores }) => {
        stores.beforeCommit = outage
        const reply = await ask("/")
        expect([reply.status, pairsOf(reply)]).toEqual([503, ["outside=1"]])
      }
    )())

  it("that outer middleware removes are still sent; those of its own Response are sent after latchkey's", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use(async (ctx, next) => {
            await next()
            if (ctx.path === "/drops") ctx.set("Set-Cookie", "other=1")
            else ctx.body = withCookies(["x=1", "y=2"])
          })
          .use(koaAuth(auth))
          .use(async (ctx) => {
            await ctx.session.set("a", 1)
            ctx.body = "text"
          }),
      async ({ ask, dataOf }) => {
        const ours = expect.stringMatching(/^sessionid=/)
        const dropped = await ask("/drops")
        expect([pairsOf(dropped), await dataOf(keyIn(dropped))]).toEqual([["other=1", ours], { a: 1 }])
        const reply = await ask("/")
        expect([pairsOf(reply), await dataOf(keyIn(reply))]).toEqual([[ours, "x=1", "y=2"], { a: 1 }])
      }
    )())

  it("of ctx.cookies, also signed ones, are separate lines beside latchkey's, outside and inside", () =>
    onKoa(
      (auth) => {
        const app = new Koa({ keys: ["koa's own"] })
        return app
          .use(async (ctx, next) => {
            ctx.cookies.set("first", "1", { signed: true })
            await next()
            ctx.cookies.set("last", "4", { signed: false })
          })
          .use(koaAuth(auth))
          .use(async (ctx) => {
            ctx.cookies.set("mine", "2", { signed: true })
            await ctx.session.set("a", 1)
            ctx.body = ctx.cookies.get("sessionid", { signed: false }) ?? "none"
          })
      },
      async ({ ask, dataOf }) => {
        const reply = await ask("/")
        expect(cookiesOf(reply).map((line) => line.split("=")[0])).toEqual([
          "first",
          "first.sig",
          "mine",
          "mine.sig",
          "sessionid",
          "last"
        ])
        expect([reply.body, await dataOf(keyIn(reply))]).toEqual(["none", { a: 1 }])
      }
    )())
})
