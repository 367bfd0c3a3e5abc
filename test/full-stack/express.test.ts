/**
 * Express 5 on a real database: its convenience methods and error handling, with a session that is written at the end.
 */
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from "express"
import { type AnyFields, type AuthContext, Busy } from "latchkey"
import { authErrors, connectAuth, type WithAuth } from "latchkey/node"
import type { DjangoUser } from "latchkey/postgres"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Browser, browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { cookieOf, keyIn } from "./one-page.ts"
import { passwordOf, type Site, type SiteAuth, startSite } from "./site.ts"
import { ask, cookiesOf, exchange, request } from "./wire.ts"

type Context = AuthContext<DjangoUser, AnyFields>
const authOf = (req: Request): Context => (req as Request & WithAuth<DjangoUser, AnyFields>).auth

describe.skipIf(!service("postgres").available)("Express with connectAuth", () => {
  let server: PostgresServer
  let site: Site
  /** The errors that reached the application's own error handler. */
  let errors: Array<unknown>

  const application = (auth: SiteAuth): Express => {
    const app = express()
    app.disable("x-powered-by")
    app.use(connectAuth(auth, { csrfExempt: true }))
    app.use(express.json())
    app.get("/me", async (req, res) => {
      const user = await authOf(req).getUser()
      res.status(user === undefined ? 401 : 200).json({ user: user?.username ?? null })
    })
    app.post("/login", async (req, res) => {
      const { authenticate, login } = authOf(req)
      const user = await authenticate(req.body)
      if (user === undefined) return void res.sendStatus(401)
      await login(user)
      res.json({ user: user.username })
    })
    app.post("/logout", async (req, res) => {
      await authOf(req).logout()
      res.redirect(303, "/me")
    })
    app.get("/session", async (req, res) => {
      res.json(Object.fromEntries(await authOf(req).session.raw.all()))
    })
    /** Every handler under this path has written the session. */
    const writing = express.Router()
    writing.use(async (req, _res, next) => {
      await authOf(req).session.set("a", 1)
      next()
    })
    for (const [path, route] of Object.entries(routes)) writing.get(path, route)
    app.use("/write", writing)
    app.use(authErrors)
    const remember: ErrorRequestHandler = (error, _req, _res, next) => {
      errors.push(error)
      next(error)
    }
    app.use(remember)
    // Express prints errors unless NODE_ENV is "test".
    app.set("env", "test")
    return app
  }

  const routes: Readonly<Record<string, (req: Request, res: Response) => unknown>> = {
    "/json": (_req, res) => res.status(201).json({ ok: true }),
    "/send": (_req, res) => res.send("<p>text</p>"),
    "/redirect": (_req, res) => res.redirect("/elsewhere"),
    "/status": (_req, res) => res.sendStatus(204),
    "/cookie": (_req, res) => res.cookie("mine", "1").vary("Accept").json({ ok: true }),
    "/twice": (_req, res) => {
      res.json({ ok: true })
      res.json({ ok: false })
    },
    "/twice-later": async (_req, res) => {
      res.json({ ok: true })
      await Promise.resolve()
      res.json({ ok: false })
    },
    "/throw-after": (_req, res) => {
      res.json({ ok: true })
      throw new Error("a bug")
    },
    "/throw": () => {
      throw new Error("a bug")
    },
    "/reject": () => Promise.reject(new Error("a bug")),
    "/teapot": () => {
      throw Object.assign(new Error("short and stout"), { status: 418 })
    },
    "/busy": () => {
      throw new Busy({ retryAfterSeconds: 3 })
    },
    "/gone": async (req, res) => {
      await site.query("DELETE FROM django_session WHERE session_key = $1", authOf(req).session.key() ?? "")
      res.json({ ok: true })
    },
    "/commit": async (req, res) => {
      await authOf(req).commit()
      res.json({ key: authOf(req).session.key() })
    }
  }

  beforeAll(async () => {
    server = await startPostgres()
    site = await startSite({ url: server.url }, { application })
  })
  afterAll(async () => {
    await site?.stop()
    await server?.stop()
  })
  beforeEach(() => {
    errors = []
  })

  const get = (path: string, lines: ReadonlyArray<string> = []) => ask(site.port, request("GET", path, lines))
  const dataOf = async (key: string | undefined): Promise<unknown> =>
    JSON.parse((await get("/session", [`Cookie: sessionid=${key}`])).body)
  const alice = async (): Promise<Browser> => {
    const visitor = browser()
    const { status } = await visitor.post(site, "/login", { username: "alice", password: passwordOf("alice") })
    expect(status).toBe(200)
    return visitor
  }

  it("logs in from a body that Express parsed, and logs out with a redirect", async () => {
    const visitor = browser()
    const wrong = await visitor.post(site, "/login", { username: "alice", password: "wrong" })
    expect([wrong.status, wrong.cookies]).toEqual([401, []])
    expect((await visitor.post(site, "/login", '{"username":')).status).toBe(400)
    const right = await visitor.post(site, "/login", { username: "alice", password: passwordOf("alice") })
    expect([right.status, right.text]).toEqual([200, '{"user":"alice"}'])
    const me = await visitor.get(site, "/me")
    expect([me.status, me.text, me.headers.get("vary"), me.cookies]).toEqual([200, '{"user":"alice"}', "Cookie", []])
    const out = await visitor.post(site, "/logout")
    expect([out.status, out.headers.get("location"), visitor.jar.has("sessionid")]).toEqual([303, "/me", false])
    expect((await visitor.get(site, "/me")).status).toBe(401)
  })

  it.each([
    ["/json", 201, '{"ok":true}'],
    ["/send", 200, "<p>text</p>"],
    ["/redirect", 302, "Found. Redirecting to /elsewhere"],
    ["/status", 204, ""]
  ])("sends the cookie with %s", async (path, status, body) => {
    const reply = await get(`/write${path}`)
    expect([reply.status, reply.body, reply.headers.get("vary")?.join()]).toEqual([
      status,
      body,
      path === "/redirect" ? "Accept, Cookie" : "Cookie"
    ])
    expect(await dataOf(keyIn(reply))).toEqual({ a: "1" })
  })

  it("adds its cookie to those that Express sets", async () => {
    const reply = await get("/write/cookie")
    expect(cookiesOf(reply)).toEqual(["mine=1; Path=/", expect.stringMatching(/^sessionid=[a-z0-9]{32};/)])
    expect(reply.headers.get("vary")).toEqual(["Accept, Cookie"])
  })

  it("sends the cookie with a 404 too", async () => {
    const reply = await get("/write/nowhere")
    expect([reply.status, reply.body]).toEqual([404, expect.stringContaining("Cannot GET /write/nowhere")])
    expect(await dataOf(keyIn(reply))).toEqual({ a: "1" })
  })

  it.each([
    "/twice",
    "/twice-later",
    "/throw-after"
  ])("does not crash on %s: the first answer counts, and the session is stored", async (path) => {
    const visitor = await alice()
    const replies = await exchange(site.port, request("GET", `/write${path}`, [cookieOf(visitor)]), 2000)
    // When the answer has already begun, Express closes the connection on an error: the client gets the first answer,
    // or none.
    expect([[], [[200, '{"ok":true}']]]).toContainEqual(replies.map(({ body, status }) => [status, body]))
    expect(errors).toHaveLength(1)
    await expect.poll(() => dataOf(visitor.jar.get("sessionid"))).toMatchObject({ a: "1" })
  })

  it.each([
    ["/throw", 500],
    ["/reject", 500]
  ])("stores nothing when a handler fails: %s", async (path, status) => {
    const visitor = await alice()
    const reply = await get(`/write${path}`, [cookieOf(visitor)])
    expect([reply.status, cookiesOf(reply), errors.length]).toEqual([status, [], 1])
    expect(await dataOf(visitor.jar.get("sessionid"))).not.toHaveProperty("a")
    expect((await visitor.get(site, "/me")).text).toBe('{"user":"alice"}')
  })

  it("stores what was written when the error handler sends an answer below 500", async () => {
    const reply = await get("/write/teapot")
    expect(reply.status).toBe(418)
    expect(await dataOf(keyIn(reply))).toEqual({ a: "1" })
  })

  it("answers latchkey's own failures by authErrors, and the application's error handler is not called", async () => {
    const reply = await get("/write/busy")
    expect([reply.status, reply.body, reply.headers.get("retry-after")]).toEqual([
      503,
      '{"error":"unavailable"}',
      ["3"]
    ])
    expect([cookiesOf(reply), reply.headers.get("cache-control"), errors]).toEqual([[], ["no-store"], []])
  })

  it("answers 400 instead of the handler's answer when its session was deleted", async () => {
    const reply = await get("/write/gone", [cookieOf(await alice())])
    expect([reply.status, cookiesOf(reply), reply.headers.get("cache-control")]).toEqual([400, [], ["no-store"]])
    expect(reply.body).not.toContain("ok")
  })

  it("commits when the handler calls commit()", async () => {
    const reply = await get("/write/commit")
    expect(JSON.parse(reply.body)).toEqual({ key: keyIn(reply) })
    expect(await dataOf(keyIn(reply))).toEqual({ a: "1" })
  })

  it("sends no SQL statement when no handler reads the session", async () => {
    const visitor = await alice()
    expect(await server.statementsOf(() => get("/nowhere", [cookieOf(visitor)]))).toEqual([])
  })
})
