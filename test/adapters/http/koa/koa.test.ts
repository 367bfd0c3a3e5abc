/** What `koaAuth` adds to Koa's context, and how the order of middlewares matters. */
import { once } from "node:events"
import { connect, createServer, type OutgoingHttpHeaders } from "node:http2"
import { text } from "node:stream/consumers"
import Koa, { type DefaultState } from "koa"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { type KoaAuthContext, koaAuth } from "../../../../src/adapters/http/koa.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { cookiesOf, type Reply } from "../../../full-stack/wire.ts"
import type { ContractAuth } from "../contract/adapter.ts"
import { keyIn, model, varyOf } from "../contract/site.ts"
import { onKoa, password } from "./koa-site.ts"

/** Runs this in a handler. It fails if a session was loaded. */
const asksNothing = (read: (ctx: Koa.Context) => unknown) =>
  onKoa(
    (auth) =>
      new Koa().use(koaAuth(auth)).use((ctx) => {
        ctx.body = read(ctx)
      }),
    async ({ ask, logIn, stores }) => {
      const { line } = await logIn()
      stores.heal()
      const reply = await ask("/", { lines: [line] })
      expect([reply.status, cookiesOf(reply), varyOf(reply), stores.asked()]).toEqual([
        200,
        [],
        [],
        { sessions: 0, users: 0 }
      ])
    }
  )()

describe("a context", () => {
  it("has the authentication of its request and its session, loaded once", () =>
    onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          const names = [await ctx.auth.getUser(), await ctx.auth.getUser()].map((user) => user?.username)
          ctx.body = [...names, ctx.session === ctx.auth.session, await ctx.session.get("a")]
        }),
      async ({ ask, logIn, stores }) => {
        const { line } = await logIn()
        stores.heal()
        expect((await ask("/", { lines: [line] })).body).toBe('["alice","alice",true,null]')
        expect(stores.asked()).toEqual({ sessions: 1, users: 1 })
        expect((await ask("/")).body).toBe("[null,null,true,null]")
      }
    )())

  it("has the current user after each login and logout", () =>
    onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          const { authenticate, login, logout } = ctx.auth
          const name = async () => (await ctx.auth.getUser())?.username
          const before = await name()
          const user = await authenticate({ username: "alice", password })
          if (user) await login(user)
          const during = await name()
          await logout()
          ctx.body = [before, during, await name()]
        }),
      async ({ ask }) => expect((await ask("/")).body).toBe('[null,"alice",null]')
    )())

  it("gets it once: a second one of the same application is an error", () =>
    onKoa(
      (auth) => {
        const app = new Koa().use(koaAuth(auth)).use(koaAuth(auth))
        app.silent = true
        return app
      },
      async ({ ask }) => expect((await ask("/")).status).toBe(500)
    )())

  it("queries nothing if the handler reads nothing", async () => {
    await asksNothing(() => "text")
    await asksNothing((ctx) => typeof ctx["auth"].getUser)
    await asksNothing((ctx) => `${ctx["session"].isEmpty()}`)
  })

  it("loads nothing when it is printed, or when its state is copied for a template", async () => {
    await asksNothing((ctx) => JSON.stringify([ctx, ctx.state]))
    await asksNothing((ctx) => Object.keys({ ...ctx.state, title: "page" }).join())
  })

  it("has no user in its state, where middleware of other libraries expects the user itself", () =>
    onKoa(
      (auth) =>
        new Koa().use(koaAuth(auth)).use((ctx) => {
          if (!ctx.state["user"]) ctx.throw(401)
          ctx.body = "everybody"
        }),
      async ({ ask, logIn }) => {
        const { line } = await logIn()
        expect([(await ask("/")).status, (await ask("/", { lines: [line] })).status]).toEqual([401, 401])
      }
    )())

  it("lets other middleware set properties under the same names afterwards", () =>
    onKoa(
      (auth) => {
        const app: Koa = new Koa()
        app.use(koaAuth(auth))
        app.use(async (ctx) => {
          ctx.state["user"] = { name: "mine" }
          ctx["session"] = 7
          ctx.body = { ...ctx.state, session: ctx["session"] }
        })
        return app
      },
      async ({ ask }) => expect((await ask("/")).body).toBe('{"user":{"name":"mine"},"session":7}')
    )())

  it("has its type by chaining, or by the application's declaration; any other name is a compiler error", () =>
    onKoa(
      (auth) => {
        const app = new Koa<DefaultState, KoaAuthContext<MemoryUser, AnyFields>>()
        app.use(
          koaAuth(auth, { csrfExempt: (ctx) => ctx.path === "/hook", loginRequired: (ctx) => ctx.method === "PUT" })
        )
        app.use(async (ctx, next) => {
          const name: string | undefined = (await ctx.auth.getUser())?.username
          // @ts-expect-error: no such property
          ctx.body = [name, typeof ctx.auth.getuser]
          await next()
        })
        new Koa().use(koaAuth(auth)).use(async (ctx) => {
          // @ts-expect-error: a promise has no name
          ctx.body = [ctx.auth.requireUser().username, await ctx.session.get("a")]
        })
        return app
      },
      async ({ ask }) => expect((await ask("/")).body).toBe('[null,"undefined"]')
    )())
})

describe("middleware outside latchkey", () => {
  it("finds the cookie and Vary on the response, as a cache must", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use(async (ctx, next) => {
            await next()
            ctx.set("X-Seen", JSON.stringify([ctx.response.get("Vary"), ctx.response.get("Set-Cookie")]))
          })
          .use(koaAuth(auth))
          .use(async (ctx) => {
            await ctx.session.set("a", 1)
            ctx.vary("Accept")
            ctx.body = "text"
          }),
      async ({ ask }) => {
        const reply = await ask("/")
        expect(JSON.parse(reply.headers.get("x-seen")?.[0] ?? "")).toEqual(["Accept, Cookie", cookiesOf(reply)])
        expect(keyIn(reply)).toMatch(/./)
      }
    )())

  it("that reads the user of a page which used nothing adds Vary, as a cache must see", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use(async (ctx, next) => {
            await next()
            ctx.body = `${ctx.body} for ${(await ctx["auth"].getUser())?.username}`
          })
          .use(koaAuth(auth))
          .use((ctx) => {
            ctx.vary("Accept")
            ctx.body = "page"
          }),
      async ({ ask, logIn }) => {
        const { line } = await logIn()
        const { body, headers } = await ask("/", { lines: [line] })
        expect([body, headers.get("vary")]).toEqual(["page for alice", ["Accept, Cookie"]])
      }
    )())

  it("cannot change the session any more", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use(async (ctx, next) => {
            await next()
            ctx.body = await ctx["session"].set("a", 1).then(String, ({ name }: Error) => name)
          })
          .use(koaAuth(auth))
          .use((ctx) => {
            ctx.body = "text"
          }),
      async ({ ask }) => expect((await ask("/")).body).toBe("HeadersAlreadySent")
    )())

  it("that rewrites the URL, as a mount does, does not change the page that a login returns to", () =>
    onKoa(
      (auth) =>
        new Koa()
          .use((ctx, next) => {
            ctx.url = ctx.url.replace("/mounted", "")
            return next()
          })
          .use(koaAuth(auth, { loginRequired: (ctx) => ctx.path === "/page" })),
      async ({ ask }) => {
        const reply = await ask("/mounted/page?a=%2F")
        expect(reply.headers.get("location")).toEqual(["/accounts/login/?next=/mounted/page%3Fa%3D%252F"])
        expect((await ask("/mounted/open")).status).toBe(404)
      }
    )())
})

describe("two sites on one server", () => {
  it("each have their own context and cookie", async () => {
    let other: ContractAuth | undefined
    await onKoa(
      (auth) => {
        other = auth
        return new Koa()
      },
      async () => {
        const admin = other
        if (admin === undefined) throw new Error("not built")
        await onKoa(
          (auth) =>
            new Koa()
              .use(koaAuth(admin))
              .use(async (ctx, next) => {
                await ctx.session.set("a", 1)
                await next()
              })
              .use(koaAuth(auth))
              .use(async (ctx) => {
                await ctx.session.set("a", 2)
                ctx.body = "text"
              }),
          async ({ ask, dataOf }) => {
            const reply = await ask("/")
            expect(cookiesOf(reply).map((line) => line.split("=")[0])).toEqual(["sessionid", "adminid"])
            expect(await dataOf(keyIn(reply))).toEqual({ a: 2 })
          }
        )()
      },
      { sessionCookie: { name: "adminid" } }
    )()
  })
})

describe("a form", () => {
  const form = "Content-Type: application/x-www-form-urlencoded"
  const upload = "Content-Type: multipart/form-data; boundary=b"

  /** As body parsers for Koa do: an empty object stands for a body that they do not parse. */
  const parser: Koa.Middleware = async (ctx, next) => {
    const fields = new URLSearchParams(ctx.is("urlencoded") ? await text(ctx.req) : "")
    Object.assign(ctx.request, { body: Object.fromEntries(fields) })
    await next()
  }
  const site = (auth: ContractAuth, ...before: ReadonlyArray<Koa.Middleware>) => {
    const app = new Koa()
    app.silent = true
    for (const middleware of before) app.use(middleware)
    return app.use(koaAuth(auth, { report: () => {} })).use(async (ctx) => {
      if (ctx.path === "/token") {
        ctx.body = await ctx.auth.getCsrfToken()
        return
      }
      if (ctx.path === "/verifies")
        await ctx.auth.verifyCsrf(new URLSearchParams(`csrfmiddlewaretoken=${ctx.get("x-later")}`))
      await ctx.session.set("a", 1)
      ctx.body = "handled"
    })
  }
  const arrive = async (ask: (target: string) => Promise<Reply>) => {
    const page = await ask("/token")
    return { token: page.body, line: `Cookie: ${cookiesOf(page)[0]?.split(";", 1)[0]}` }
  }

  it("that a parser has read is checked before the handler runs", () =>
    onKoa(
      (auth) => site(auth, parser),
      async ({ ask }) => {
        const { line, token } = await arrive(ask)
        const post = (body: string, path = "/") => ask(path, { method: "POST", lines: [line, form], body })
        expect((await post(`csrfmiddlewaretoken=${token}`)).body).toBe("handled")
        for (const body of ["a=1", "csrfmiddlewaretoken=", `csrfmiddlewaretoken=${"a".repeat(64)}`])
          expect((await post(body)).status).toBe(403)
        // Parsed and empty: that is a form without a token.
        expect((await post("&")).status).toBe(403)
      }
    )())

  it("that no body parser has read must be verified by the handler", () =>
    onKoa(
      (auth) => site(auth),
      async ({ ask }) => {
        const { line, token } = await arrive(ask)
        const post = (path: string, later: string) =>
          ask(path, { method: "POST", lines: [line, form, `X-Later: ${later}`], body: "a=1" })
        expect((await post("/verifies", token)).body).toBe("handled")
        expect((await post("/verifies", "x")).status).toBe(403)
        expect((await post("/", token)).status).toBe(500)
      }
    )())

  it("that a parser has left unread must be verified by the handler, too", () =>
    onKoa(
      (auth) => site(auth, parser),
      async ({ ask }) => {
        const { line, token } = await arrive(ask)
        const post = (path: string, later: string) =>
          ask(path, { method: "POST", lines: [line, upload, `X-Later: ${later}`], body: "--b--" })
        expect((await post("/verifies", token)).body).toBe("handled")
        expect((await post("/verifies", "x")).status).toBe(403)
        expect((await post("/", token)).status).toBe(500)
      }
    )())
})

describe("over HTTP/2", () => {
  it("sends the session cookie with returned and thrown answers, and gives the host", async () => {
    const auth = createAuth({
      secretKey: "koa-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
      sessions: memory().sessions,
      backends: { [model]: modelBackend(memory().users) },
      allowedHosts: ["localhost"]
    })
    const app = new Koa().use(koaAuth(auth)).use(async (ctx) => {
      await ctx.session.set("a", 1)
      if (ctx.path === "/thrown") ctx.throw(404)
      ctx.body = `${ctx.auth.host()} ${await ctx.auth.getCsrfToken()}`
    })
    const listener = app.callback()
    const server = createServer((req, res) => void listener(req, res)).listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    const client = connect(`http://localhost:${port}`)
    const ask = async (headers: OutgoingHttpHeaders) => {
      const stream = client.request(headers).end()
      const [received] = await once(stream, "response")
      return { status: received[":status"], cookies: received["set-cookie"], body: await text(stream) }
    }
    const page = await ask({ ":path": "/" })
    const [host, token] = page.body.split(" ")
    expect([page.status, host, page.cookies.length]).toEqual([200, `localhost:${port}`, 2])
    const cookie = page.cookies.map((line: string) => line.split(";", 1)[0])
    const post = { ":path": "/", ":method": "POST", cookie, "x-csrftoken": token, origin: `http://localhost:${port}` }
    expect((await ask(post)).status).toBe(200)
    expect((await ask({ ...post, origin: "http://evil.example" })).status).toBe(403)
    expect(await ask({ ":path": "/thrown" })).toMatchObject({
      status: 404,
      cookies: [expect.stringMatching(/^sessionid=/)]
    })
    client.close()
    server.close()
  })
})
