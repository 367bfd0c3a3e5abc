/**
 * The same small site, once with each library, as its documentation writes it: log in, log out, who am I, write into the
 * session, change the password. Sessions are in PostgreSQL, where the library can.
 */
import fastifyCookie from "@fastify/cookie"
import fastifySession from "@fastify/session"
import { betterAuth } from "better-auth"
import { getMigrations } from "better-auth/db/migration"
import connectPgSimple from "connect-pg-simple"
import express from "express"
import session from "express-session"
import Fastify from "fastify"
import Koa from "koa"
import koaSession from "koa-session"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { createAuth, modelBackend } from "../../src/index.ts"
import { type Browser, instantHasher, listener, network } from "../../src/testing/index.ts"
import { described, firstPasswords, gate, isRight, type MakeSite, passwords, secret } from "./described.ts"

/** express-session 1.19 with connect-pg-simple 10. */
export const expressSession: MakeSite = async (pool) => {
  await pool.query(`create table session (sid varchar primary key, sess json not null, expire timestamp(6) not null)`)
  const Store = connectPgSimple(session)
  const app = express()
  const store = new Store({ pool, disableTouch: true, pruneSessionInterval: false, errorLog: () => {} })
  app.use(session({ store, secret, resave: false, saveUninitialized: false }))
  app.use(express.json())
  app.get("/me", (req, res) => void res.json({ user: req.session?.user, data: req.session?.data }))
  app.post("/login", (req, res, next) => {
    if (!isRight(req.body.username, req.body.password)) return void res.status(401).json({})
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = req.body.username
      res.json({})
    })
  })
  app.post("/logout", (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.json({}))))
  app.post("/write", (req, res) => {
    req.session.data = { ...req.session.data, ...req.body }
    res.json({})
  })
  app.post("/password", (req, res) => {
    if (req.session.user === undefined) return void res.status(401).json({})
    passwords.set(req.session.user, req.body.password)
    res.json({})
  })
  app.use((error, _req, res, next) => (res.headersSent ? next(error) : res.status(500).json({})))
  return described(listener(app), "connect.sid", async () => void (await pool.query("delete from session")))
}

/** @fastify/session 11.1 with connect-pg-simple 10. */
export const fastify: MakeSite = async (pool) => {
  const Store = connectPgSimple(session)
  const app = Fastify()
  app.register(fastifyCookie)
  const store = new Store({ pool, disableTouch: true, pruneSessionInterval: false, errorLog: () => {} })
  app.register(fastifySession, { secret, saveUninitialized: false, rolling: false, cookie: { secure: false }, store })
  app.get("/me", async (req) => ({ user: req.session.user, data: req.session.data }))
  app.post("/login", async (req, reply) => {
    if (!isRight(req.body.username, req.body.password)) return reply.code(401).send({})
    await req.session.regenerate()
    req.session.user = req.body.username
    return {}
  })
  app.post("/logout", async (req) => {
    await req.session.destroy()
    return {}
  })
  app.post("/write", async (req) => {
    req.session.data = { ...req.session.data, ...req.body }
    return {}
  })
  app.post("/password", async (req, reply) => {
    if (req.session.user === undefined) return reply.code(401).send({})
    passwords.set(req.session.user, req.body.password)
    return {}
  })
  return described(listener(app), "sessionId", async () => void (await pool.query("delete from session")))
}

/** koa-session 7.0 with an external store, as its documentation shows one. */
export const koa: MakeSite = async (pool) => {
  await pool.query("create table koa_session (key text primary key, data json not null)")
  const app = new Koa()
  app.silent = true
  app.keys = [secret]
  const store = {
    get: async (key) => (await pool.query("select data from koa_session where key = $1", [key])).rows[0]?.data,
    set: async (key, data) =>
      void (await pool.query(
        "insert into koa_session values ($1, $2) on conflict (key) do update set data = excluded.data",
        [key, data]
      )),
    destroy: async (key) => void (await pool.query("delete from koa_session where key = $1", [key]))
  }
  const make = koaSession.createSession ?? koaSession.default ?? koaSession
  // Without a signature, which is a cookie of its own: the laws copy one cookie.
  app.use(make({ store, signed: false }, app))
  app.use(async (ctx) => {
    let text = ""
    for await (const chunk of ctx.req) text += chunk
    const body = text === "" ? {} : JSON.parse(text)
    ctx.body = {}
    switch (ctx.path) {
      case "/login":
        if (!isRight(body.username, body.password)) {
          ctx.status = 401
          ctx.body = {}
          return
        }
        await ctx.session.regenerate()
        ctx.session.user = body.username
        return
      case "/logout":
        ctx.session = null
        return
      case "/write":
        ctx.session.data = { ...ctx.session.data, ...body }
        return
      case "/password":
        if (ctx.session.user === undefined) ctx.status = 401
        else passwords.set(ctx.session.user, body.password)
        ctx.body = {}
        return
      default:
        ctx.body = { user: ctx.session?.user, data: ctx.session?.data }
    }
  })
  return described(listener(app), "koa.sess", async () => void (await pool.query("delete from koa_session")))
}

/** better-auth 1.7, with e-mail and password. Its sessions hold no data of the application. */
const betterAuthWith =
  (revokeOtherSessions: boolean): MakeSite =>
  async (pool) => {
    await pool.query("drop table if exists session")
    const hash = async (password: string) => `hash of ${password}`
    const options = {
      database: pool,
      secret,
      baseURL: "http://localhost",
      emailAndPassword: {
        enabled: true,
        password: { hash, verify: async (given) => given.hash === (await hash(given.password)) }
      },
      rateLimit: { enabled: false },
      telemetry: { enabled: false },
      logger: { disabled: true }
    }
    const auth = betterAuth(options)
    await (await getMigrations(options)).runMigrations()
    for (const [name, password] of Object.entries(firstPasswords))
      await auth.api.signUpEmail({ body: { email: `${name}@example.com`, password, name } }).catch(() => {})
    const clean = async () => {
      await pool.query("delete from session")
      for (const [name, password] of Object.entries(firstPasswords))
        await pool.query('update account set password = $1 where "userId" = (select id from "user" where email = $2)', [
          await hash(password),
          `${name}@example.com`
        ])
    }
    const at = (browser: Browser, path: string, json: unknown) =>
      browser.fetch(auth.handler, `/api/auth${path}`, { json })
    const site = described(auth.handler, "better-auth.session_token", clean, {
      visit: (browser) => browser.fetch(auth.handler, "/api/auth/get-session"),
      login: (browser, user) =>
        at(browser, "/sign-in/email", { email: `${user.username}@example.com`, password: user.password }),
      logout: (browser) => at(browser, "/sign-out", {}),
      changePassword: (browser, newPassword) =>
        at(browser, "/change-password", {
          currentPassword: firstPasswords.alice,
          newPassword,
          revokeOtherSessions
        })
    })
    const { data: _, ...rest } = site
    const { write: __, ...pages } = site.pages
    return { ...rest, pages, user: async (response) => (await response.json().catch(() => null))?.user?.name }
  }

export const betterAuthDefault = betterAuthWith(false)
export const betterAuthRevoking = betterAuthWith(true)

/** latchkey with its sessions in memory, behind the same gate. */
export const latchkey: MakeSite = async () => {
  const site = () => {
    const net = network(memory())
    const { sessions, users } = gate.stores(net)
    const auth = createAuth({
      secretKey: secret,
      sessions,
      backends: { model: modelBackend(users) },
      hashers: [instantHasher],
      concurrency: 8
    })
    const page = withAuth(
      auth,
      async (request, { authenticate, getUser, login, logout, session, setPassword, updateSessionAuthHash }) => {
        const { pathname } = new URL(request.url)
        const body = request.method === "POST" ? await request.json() : {}
        if (pathname === "/login") {
          const user = await authenticate(body)
          if (user === undefined) return Response.json({}, { status: 401 })
          await login(user)
        } else if (pathname === "/logout") await logout()
        else if (pathname === "/write") for (const [key, value] of Object.entries(body)) await session.set(key, value)
        else if (pathname === "/password") {
          const user = await getUser()
          if (user === undefined) return Response.json({}, { status: 401 })
          await setPassword(user, body.password)
          await updateSessionAuthHash(user)
        } else {
          const data = [...(await session.raw.all())].filter(([key]) => !key.startsWith("_"))
          const plain = Object.fromEntries(data.map(([key, text]) => [key, JSON.parse(text)]))
          return Response.json({ user: (await getUser())?.username, data: plain })
        }
        return Response.json({})
      },
      { csrfExempt: true }
    )
    return { auth, net, page }
  }
  let current = site()
  const reset = async () => {
    current = site()
    for (const [username, password] of Object.entries(firstPasswords))
      await current.auth.createUser({ username, password })
  }
  const { network: _, ...rest } = described((request) => current.page(request), "sessionid", reset)
  return { ...rest, network: { fail: (...fault) => current.net.fail(...fault), heal: () => current.net.heal() } }
}
