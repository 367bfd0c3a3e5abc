/** Errors in a Koa application, and whether Koa or latchkey answers them. */
import { setTimeout as sleep } from "node:timers/promises"
import Koa from "koa"
import { describe, expect, it, vi } from "vitest"
import {
  BadRequest,
  Busy,
  CsrfFailed,
  HeadersAlreadySent,
  LoginRequired,
  SessionInterrupted,
  StoreUnavailable
} from "../../../../src/adapters/errors/errors.ts"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { ContractAuth } from "../contract/adapter.ts"
import { outage } from "../contract/faults.ts"
import { keyIn, varyOf } from "../contract/site.ts"
import { onKoa } from "./koa-site.ts"

/** An application whose handler writes the session, logs out where the path says so, and throws. */
const throwing =
  (thrown: (ctx: Koa.Context) => unknown, options: Parameters<typeof koaAuth>[1] = {}) =>
  (auth: ContractAuth) =>
    new Koa().use(koaAuth(auth, options)).use(async (ctx) => {
      ctx.set("X-Mine", "1")
      ctx.append("Set-Cookie", "mine=1")
      if (ctx.path === "/logout") await ctx.auth.logout()
      else await ctx.session.set("a", 1)
      throw thrown(ctx)
    })

const failing = (status: number, properties: object = {}) =>
  Object.assign(new Error("secret"), { status, ...properties })

describe("an error below 500", () => {
  it.each([
    400, 401, 404, 409, 422
  ])("that Koa answers (%i) is an answer: the session is stored, its cookie leaves", (status) =>
    onKoa(
      throwing(() => failing(status)),
      async ({ ask, dataOf, errors }) => {
        const reply = await ask("/")
        expect([reply.status, reply.headers.get("x-mine")]).toEqual([status, undefined])
        expect([cookiesOf(reply).length, varyOf(reply)]).toEqual([1, ["cookie"]])
        expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
        expect(errors).toEqual([expect.objectContaining({ message: "secret" })])
      }
    )())

  it(
    "keeps its message, and its headers beside latchkey's",
    onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          await ctx.session.set("a", 1)
          ctx.throw(401, "who are you?", {
            headers: { "WWW-Authenticate": "Basic", "Set-Cookie": "mine=1", Vary: "Accept" }
          })
        }),
      async ({ ask, dataOf }) => {
        const reply = await ask("/")
        expect([reply.status, reply.body, reply.headers.get("www-authenticate")]).toEqual([
          401,
          "who are you?",
          ["Basic"]
        ])
        expect(cookiesOf(reply)).toEqual(["mine=1", expect.stringMatching(/^sessionid=/)])
        expect(varyOf(reply)).toEqual(["accept", "cookie"])
        expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
      }
    )
  )

  it("may be one object for many requests, and is not changed", async () => {
    const shared = failing(404, { headers: { "X-Shared": "1" } })
    await onKoa(
      throwing(() => shared),
      async ({ ask }) => {
        const keys = [keyIn(await ask("/")), keyIn(await ask("/"))]
        expect(new Set([...keys, undefined]).size).toBe(3)
        expect(shared).toEqual(failing(404, { headers: { "X-Shared": "1" } }))
      }
    )()
  })

  it(
    "is answered with 503 when the session cannot be stored",
    onKoa(
      throwing(() => failing(404), { report: () => {} }),
      async ({ ask, stores }) => {
        stores.beforeCommit = outage
        const reply = await ask("/")
        expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([503, '{"error":"unavailable"}', []])
      }
    )
  )
})

describe("any other error", () => {
  const others: ReadonlyArray<readonly [string, unknown]> = [
    ["a plain one", new Error("secret")],
    ["one of 500", failing(500)],
    ["one of 503 that may be shown", failing(503, { expose: true })],
    ["one with a status that is no status", failing(42)],
    ["one with a status that Koa does not know", failing(499)],
    ["a file that is not there", Object.assign(new Error("secret"), { code: "ENOENT" })],
    ["no error at all", "secret"]
  ]
  it.each(others)("(%s) stores nothing, and is answered by Koa", (_, error) =>
    onKoa(
      throwing(() => error),
      async ({ ask, dataOf, errors, logIn, stores }) => {
        const { key, line } = await logIn()
        const before = stores.sessions.rows.size
        for (const lines of [[], [line]]) {
          const reply = await ask("/", { lines })
          expect([reply.status >= 500, cookiesOf(reply)]).toEqual([true, []])
        }
        expect([stores.sessions.rows.size, await dataOf(key)]).toEqual([before, expect.not.objectContaining({ a: 1 })])
        expect(errors).toHaveLength(2)
        if (typeof error === "object") expect(errors[0]).toBe(error)
      }
    )())

  it(
    "does not prevent a logout",
    onKoa(
      throwing(() => new Error("secret")),
      async ({ ask, logIn, stores }) => {
        const { line } = await logIn()
        const reply = await ask("/logout", { lines: [line] })
        expect([reply.status, stores.sessions.rows.size]).toEqual([500, 0])
        expect(cookiesOf(reply)).toEqual([expect.stringMatching(/^sessionid="";/)])
      }
    )
  )

  it(
    "that comes after the session was stored (a body that cannot be JSON) is sent without the cookie",
    onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          await ctx.session.set("a", 1)
          ctx.body = { big: 1n }
        }),
      async ({ ask, dataOf, errors }) => {
        const reply = await ask("/")
        expect([reply.status, errors]).toEqual([500, [expect.any(TypeError)]])
        expect([await dataOf(keyIn(reply)), varyOf(reply)]).toEqual([{ a: 1 }, ["cookie"]])
      }
    )
  )
})

describe("an error handler", () => {
  /** The application's own error handler, outside or inside of latchkey. */
  const handler =
    (status: number): Koa.Middleware =>
    async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        ctx.status = status
        ctx.set("X-Handled", error instanceof Error ? error.name : "?")
        ctx.body = `sorry, ${(await ctx["auth"].getUser())?.username ?? "anonymous visitor"}`
      }
    }
  const page = (auth: ContractAuth) => ({
    outside: (status: number) => new Koa().use(handler(status)).use(koaAuth(auth)),
    inside: (status: number) => new Koa().use(koaAuth(auth)).use(handler(status))
  })

  it.each(["outside", "inside"] as const)("%s decides with its status whether the session is stored", async (where) => {
    for (const status of [200, 422, 500, 503])
      await onKoa(
        (auth) =>
          page(auth)
            [where](status)
            .use(async (ctx) => {
              await ctx.session.set("a", 1)
              throw new RangeError("secret")
            }),
        async ({ ask, dataOf, errors, logIn }) => {
          const { key, line } = await logIn()
          const reply = await ask("/", { lines: [line] })
          expect([reply.status, reply.body, reply.headers.get("x-handled")]).toEqual([
            status,
            "sorry, alice",
            ["RangeError"]
          ])
          expect([cookiesOf(reply).length, errors]).toEqual([status < 500 ? 1 : 0, []])
          expect("a" in (await dataOf(key))).toBe(status < 500)
        }
      )()
  })

  it(
    "inside may answer an outage, and sets no cookie",
    onKoa(
      (auth) =>
        page(auth)
          .inside(203)
          .use(async (ctx) => {
            const user = await ctx.auth.getUser()
            throw new Error(`not reached by ${user?.username}`)
          }),
      async ({ ask, errors, logIn, stores }) => {
        const { line } = await logIn()
        let asked = 0
        stores.beforeLoad = () => (asked++ === 0 ? outage() : undefined)
        const reply = await ask("/", { lines: [line] })
        expect([reply.status, reply.body, reply.headers.get("x-handled")]).toEqual([
          203,
          "sorry, alice",
          ["StoreUnavailable"]
        ])
        expect([cookiesOf(reply), errors]).toEqual([[], []])
      }
    )
  )

  it(
    "outside sees a failure of latchkey's as an ordinary answer",
    onKoa(
      (auth) => {
        const seen = new Koa().use(async (ctx, next) => {
          await next()
          ctx.set("X-Seen", `${ctx.status} ${ctx.body}`)
        })
        return seen.use(koaAuth(auth, { report: () => {} })).use(async (ctx) => {
          ctx.body = await ctx.auth.getUser()
        })
      },
      async ({ ask, logIn, stores }) => {
        const { line } = await logIn()
        stores.beforeLoad = outage
        expect((await ask("/", { lines: [line] })).headers.get("x-seen")).toEqual(['503 {"error":"unavailable"}'])
      }
    )
  )
})

describe("a failure of latchkey's", () => {
  const failures: ReadonlyArray<readonly [string, Error, number]> = [
    ["an outage", new StoreUnavailable({ operation: "test", cause: "secret" }), 503],
    ["a full queue", new Busy({ retryAfterSeconds: 3 }), 503],
    ["a session deleted meanwhile", new SessionInterrupted(), 400],
    ["a refused form", new CsrfFailed({ reason: "test" }), 403],
    ["a bad request", new BadRequest({ reason: "test" }), 400],
    ["a page for users", new LoginRequired({ location: "/login" }), 302]
  ]
  it.each(
    failures
  )("(%s) is not an error to Koa; headers of outer middleware stay, the handler's are removed", (_, error, status) =>
    onKoa(
      (auth) =>
        new Koa()
          .use((ctx, next) => {
            ctx.set("Access-Control-Allow-Origin", "*")
            ctx.append("Set-Cookie", "outside=1")
            return next()
          })
          .use(koaAuth(auth, { report: () => {} }))
          .use((ctx) => {
            ctx.set("Access-Control-Allow-Origin", "mine")
            ctx.append("Set-Cookie", "mine=1")
            ctx.set("Content-Encoding", "gzip")
            ctx.message = "Mine"
            ctx.body = { mine: 1 }
            throw error
          }),
      async ({ ask, errors }) => {
        const reply = await ask("/")
        expect([reply.status, errors]).toEqual([status, []])
        expect(reply.headers.get("access-control-allow-origin")).toEqual(["*"])
        expect([cookiesOf(reply), reply.headers.get("content-encoding")]).toEqual([["outside=1"], undefined])
        expect(reply.headers.get("cache-control")).toEqual(["no-store"])
        expect(reply.headers.get("content-length")).toEqual([String(Buffer.byteLength(reply.body))])
        if (status !== 302) expect(reply.headers.get("content-type")).toEqual(["application/json"])
        else expect([reply.headers.get("location"), reply.body]).toEqual([["/login"], ""])
      }
    )())

  it(
    "answers HEAD without a body",
    onKoa(
      throwing(() => new Busy({ retryAfterSeconds: 3 })),
      async ({ open }) => {
        const text = await open("/", { method: "HEAD" }).end
        expect(text).toMatch(/^HTTP\/1\.1 503 /)
        expect(text).toMatch(/\r\nContent-Length: 23\r\n/i)
        expect(text.endsWith("\r\n\r\n")).toBe(true)
      }
    )
  )

  it("is answered by onError, which gets the context; an invalid answer is reported as a bug", async () => {
    const onError = (error: unknown, ctx: Koa.Context) =>
      ctx.path === "/none"
        ? { status: 7, headers: {}, body: "" }
        : { status: 507, headers: { "Content-Type": "text/x-mine" }, body: `${error} at ${ctx.path}` }
    await onKoa(
      throwing(() => new Busy({ retryAfterSeconds: 3 }), { onError }),
      async ({ ask, errors }) => {
        const reply = await ask("/page")
        expect([reply.status, reply.body]).toEqual([507, "Busy: too many passwords are being hashed at /page"])
        expect([reply.headers.get("content-type"), errors]).toEqual([["text/x-mine"], []])
        expect([(await ask("/none")).status, errors.length]).toEqual([500, 1])
      }
    )()
  })
})

describe("a client that has disconnected", () => {
  /** The handler waits for the client to disconnect, then throws. Koa itself sends no answer then. */
  const goes = (
    path: string,
    thrown: unknown,
    check: (site: Parameters<Parameters<typeof onKoa>[1]>[0], key: string) => Promise<void>
  ) => {
    const reached = Promise.withResolvers<void>()
    return onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          reached.resolve()
          await sleep(60)
          if (path === "/logout") await ctx.auth.logout()
          else await ctx.session.set("a", 1)
          throw thrown
        }),
      async (site) => {
        const { key, line } = await site.logIn()
        const client = site.open(path, { lines: [line] })
        await reached.promise
        client.leave()
        await vi.waitFor(() => expect(site.errors).toContain(thrown), { timeout: 20_000, interval: 10 })
        await sleep(20)
        await check(site, key)
      }
    )()
  }

  it("has its session stored when the handler throws below 500", () =>
    goes("/", failing(409), async ({ dataOf }, key) => {
      expect(await dataOf(key)).toMatchObject({ a: 1 })
    }))

  it("has nothing stored when the handler fails with a bug", () =>
    goes("/", new Error("secret"), async ({ dataOf }, key) => {
      expect(await dataOf(key)).not.toHaveProperty("a")
    }))

  it("is logged out, even when the handler fails with a bug", () =>
    goes("/logout", new Error("secret"), async ({ stores }) => {
      expect(stores.sessions.rows.size).toBe(0)
    }))
})

describe("a timeout outside", () => {
  it("that answers first keeps its answer: the handler cannot change it", async () => {
    const late = Promise.withResolvers<unknown>()
    await onKoa(
      (auth) =>
        new Koa()
          .use((_, next) => Promise.race([next(), sleep(30).then(() => Promise.reject(failing(504)))]))
          .use(koaAuth(auth))
          .use(async (ctx) => {
            await sleep(80)
            await ctx.session.set("a", 1).catch(late.resolve)
          }),
      async ({ ask, stores }) => {
        const reply = await ask("/")
        expect([reply.status, cookiesOf(reply)]).toEqual([504, []])
        expect(await late.promise).toBeInstanceOf(HeadersAlreadySent)
        expect(stores.commits()).toBe(0)
      }
    )()
  })

  const timed = (auth: ContractAuth) =>
    new Koa()
      .use((_, next) => Promise.race([next(), sleep(30).then(() => Promise.reject(failing(408)))]))
      .use(koaAuth(auth, { report: () => {} }))
      .use(async (ctx) => {
        await ctx.session.set("a", 1)
        ctx.body = "text"
      })

  it(
    "that answers while the session is being stored is sent with the cookie",
    onKoa(timed, async ({ ask, dataOf, stores }) => {
      stores.beforeCommit = () => sleep(80)
      const reply = await ask("/")
      expect([reply.status, await dataOf(keyIn(reply))]).toEqual([408, { a: 1 }])
    })
  )

  it(
    "that answers while the session cannot be stored is sent without a cookie",
    onKoa(timed, async ({ ask, stores }) => {
      stores.beforeCommit = () => sleep(80).then(outage)
      const reply = await ask("/")
      expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([408, "Request Timeout", []])
    })
  )
})
