/** What Koa sends as a body: it leaves as it is, with the cookies, or is let go of when the session cannot be stored. */
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { createGzip, gunzipSync } from "node:zlib"
import Koa from "koa"
import { describe, expect, it } from "vitest"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { ContractAuth } from "../contract/adapter.ts"
import { outage } from "../contract/faults.ts"
import { keyIn, varyOf } from "../contract/site.ts"
import { onKoa } from "./koa-site.ts"

/** Writes the session and answers with this. */
const answering = (answer: (ctx: Koa.Context) => unknown) => (auth: ContractAuth) =>
  new Koa().use(koaAuth(auth, { report: () => {} })).use(async (ctx) => {
    await ctx.session.set("a", 1)
    answer(ctx)
  })

const webStream = (onCancel = () => {}) =>
  new ReadableStream({
    pull: async (controller) => {
      await sleep(1)
      controller.enqueue(new TextEncoder().encode("text"))
      controller.close()
    },
    cancel: onCancel
  })

type Answer = (ctx: Koa.Context) => void

const bodies: ReadonlyArray<
  readonly [name: string, answer: Answer, status: number, type: string | undefined, text: string]
> = [
  [
    "a text",
    (ctx) => {
      ctx.body = "text"
    },
    200,
    "text/plain; charset=utf-8",
    "text"
  ],
  [
    "HTML",
    (ctx) => {
      ctx.body = "<p>"
    },
    200,
    "text/html; charset=utf-8",
    "<p>"
  ],
  [
    "a buffer",
    (ctx) => {
      ctx.body = Buffer.from("text")
    },
    200,
    "application/octet-stream",
    "text"
  ],
  [
    "JSON",
    (ctx) => {
      ctx.body = { a: [1] }
    },
    200,
    "application/json; charset=utf-8",
    '{"a":[1]}'
  ],
  [
    "a stream",
    (ctx) => {
      ctx.body = Readable.from(["te", "xt"])
    },
    200,
    "application/octet-stream",
    "text"
  ],
  [
    "a stream of the web",
    (ctx) => {
      ctx.body = webStream()
    },
    200,
    "application/octet-stream",
    "text"
  ],
  [
    "a blob",
    (ctx) => {
      ctx.body = new Blob(["text"], { type: "text/x-mine" })
    },
    200,
    "text/x-mine; charset=utf-8",
    "text"
  ],
  [
    "a Response",
    (ctx) => {
      ctx.body = new Response("text", { status: 201 })
    },
    201,
    "text/plain;charset=UTF-8",
    "text"
  ],
  [
    "nothing",
    (ctx) => {
      ctx.body = null
    },
    204,
    undefined,
    ""
  ],
  [
    "a status alone",
    (ctx) => {
      ctx.status = 202
    },
    202,
    "text/plain; charset=utf-8",
    "Accepted"
  ],
  ["no word", () => {}, 404, "text/plain; charset=utf-8", "Not Found"],
  ["a redirect", (ctx) => ctx.redirect("/there"), 302, "text/plain; charset=utf-8", "Redirecting to /there."]
]

describe("a body", () => {
  it.each(bodies)("(%s) leaves as Koa sends it, with the cookie", (_, answer, status, type, text) =>
    onKoa(answering(answer), async ({ ask, dataOf, errors }) => {
      const reply = await ask("/", { lines: ["Accept: text/plain"] })
      expect([reply.status, reply.headers.get("content-type")?.[0], reply.body]).toEqual([status, type, text])
      expect([cookiesOf(reply).length, varyOf(reply), errors]).toEqual([1, ["cookie"], []])
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    })())

  it.each(bodies)("(%s) gives way to 503 when the session cannot be stored", (_, answer) =>
    onKoa(answering(answer), async ({ ask, errors, stores }) => {
      stores.beforeCommit = outage
      const reply = await ask("/")
      expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([503, '{"error":"unavailable"}', []])
      expect(reply.headers.get("content-type")).toEqual(["application/json"])
      expect(reply.headers.get("content-length")).toEqual(["23"])
      expect([reply.headers.get("transfer-encoding"), reply.headers.get("location"), errors]).toEqual([
        undefined,
        undefined,
        []
      ])
    })())

  it("that is a stream is closed then, whoever's stream it is", async () => {
    const closed: Array<string> = []
    const stream = new Readable({ read: () => {} }).once("close", () => closed.push("Node's"))
    for (const body of [
      stream,
      webStream(() => closed.push("the web's")),
      new Response(webStream(() => closed.push("a Response's")))
    ])
      await onKoa(
        answering((ctx) => {
          ctx.body = body
        }),
        async ({ ask, stores }) => {
          stores.beforeCommit = outage
          expect((await ask("/")).status).toBe(503)
        }
      )()
    expect(closed).toEqual(["Node's", "the web's", "a Response's"])
  })
})

describe("cookies", () => {
  it("of a Response, and those set before it, cannot touch ours", () =>
    onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          await ctx.session.set("a", 1)
          await ctx.auth.getCsrfToken()
          ctx.cookies.set("before", "1")
          ctx.body = new Response("text", {
            headers: [
              ["Set-Cookie", "one=1"],
              ["Set-Cookie", "two=2"],
              ["Vary", "Accept"]
            ]
          })
        }),
      async ({ ask, dataOf }) => {
        const reply = await ask("/")
        // Koa joins the Response's own into one line, and drops what was there before.
        expect(cookiesOf(reply)[0]).toBe("one=1, two=2")
        expect(
          cookiesOf(reply)
            .map((line) => line.split("=")[0])
            .sort()
        ).toEqual(["csrftoken", "one", "sessionid"])
        expect([reply.body, varyOf(reply), await dataOf(keyIn(reply))]).toEqual([
          "text",
          ["accept", "cookie"],
          { a: 1 }
        ])
      }
    )())

  it("that somebody outside drops with a body of his own leave all the same", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use(async (ctx, next) => {
            await next()
            ctx.body = new Response("else", { headers: { "Set-Cookie": "other=1" } })
          })
          .use(koaAuth(auth))
          .use(async (ctx) => {
            await ctx.session.set("a", 1)
            ctx.body = "text"
          }),
      async ({ ask, dataOf }) => {
        const reply = await ask("/")
        expect([reply.body, cookiesOf(reply)]).toEqual(["else", ["other=1", expect.stringMatching(/^sessionid=/)]])
        expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
      }
    )())

  it("of ctx.cookies, signed ones too, are lines of their own beside ours, outside and inside", () =>
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

describe("compression", () => {
  /** As the package koa-compress does it. */
  const compress: Koa.Middleware = async (ctx, next) => {
    await next()
    const { body } = ctx
    if (typeof body !== "string" && !(body instanceof Readable)) return
    ctx.set("Content-Encoding", "gzip")
    ctx.res.removeHeader("Content-Length")
    const gzip = createGzip()
    ctx.body = gzip
    if (typeof body === "string") gzip.end(body)
    else body.pipe(gzip)
  }

  it.each(["outside", "inside"])("%s packs the body, and the cookie leaves", (where) =>
    onKoa(
      (auth) => {
        const app =
          where === "outside" ? new Koa().use(compress).use(koaAuth(auth)) : new Koa().use(koaAuth(auth)).use(compress)
        return app.use(async (ctx) => {
          await ctx.session.set("a", 1)
          ctx.body = ctx.path === "/stream" ? Readable.from(["te", "xt"]) : "text"
        })
      },
      async ({ dataOf, open }) => {
        for (const path of ["/text", "/stream"]) {
          const [head = "", ...chunks] = (await open(path).end).split("\r\n\r\n")
          expect(head).toMatch(/^content-encoding: gzip$/im)
          const [, key] = /^set-cookie: sessionid=([a-z0-9]{32});/im.exec(head) ?? []
          expect(await dataOf(key)).toEqual({ a: 1 })
          expect(unpacked(chunks.join("\r\n\r\n"))).toBe("text")
        }
      }
    )())

  it("inside gives way to 503, uncompressed", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use(koaAuth(auth, { report: () => {} }))
          .use(compress)
          .use(async (ctx) => {
            await ctx.session.set("a", 1)
            ctx.body = "text"
          }),
      async ({ ask, stores }) => {
        stores.beforeCommit = outage
        const reply = await ask("/")
        expect([reply.status, reply.body, reply.headers.get("content-encoding")]).toEqual([
          503,
          '{"error":"unavailable"}',
          undefined
        ])
      }
    )())
})

/** A chunked body of gzip, as Latin-1. */
const unpacked = (chunked: string): string => {
  let packed = ""
  for (let at = 0; ; ) {
    const line = chunked.indexOf("\r\n", at)
    const size = Number.parseInt(chunked.slice(at, line), 16)
    if (!(size > 0)) return gunzipSync(Buffer.from(packed, "latin1")).toString()
    packed += chunked.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}
