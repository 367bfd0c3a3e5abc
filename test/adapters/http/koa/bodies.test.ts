/** Koa's bodies: sent unchanged with the cookies, or destroyed when the session cannot be stored. */
import { Readable } from "node:stream"
import { createGzip, gunzipSync } from "node:zlib"
import Koa from "koa"
import { describe, expect, it } from "vitest"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import { outage } from "../contract/faults.ts"
import { keyIn, varyOf } from "../contract/site.ts"
import { answering, onKoa, webStream } from "./koa-site.ts"

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
    "a web stream",
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
  ["nothing set", () => {}, 404, "text/plain; charset=utf-8", "Not Found"],
  ["a redirect", (ctx) => ctx.redirect("/there"), 302, "text/plain; charset=utf-8", "Redirecting to /there."]
]

describe("a body", () => {
  it.each(bodies)("(%s) is sent as Koa sends it, with the cookie", (_, answer, status, type, text) =>
    onKoa(answering(answer), async ({ ask, dataOf, errors }) => {
      const reply = await ask("/", { lines: ["Accept: text/plain"] })
      expect([reply.status, reply.headers.get("content-type")?.[0], reply.body]).toEqual([status, type, text])
      expect([cookiesOf(reply).length, varyOf(reply), errors]).toEqual([1, ["cookie"], []])
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    })())

  it.each(bodies)("(%s) is replaced by 503 when the session cannot be stored", (_, answer) =>
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

  it("that is a stream of any type is destroyed when the session cannot be stored", async () => {
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

describe("compression", () => {
  /** Compresses as the package koa-compress does. */
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

  it.each(["outside", "inside"])("%s compresses the body, and the cookie is sent", (where) =>
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

  it("inside is replaced by an uncompressed 503", () =>
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
