/**
 * One process of an application with WebSockets, on the framework and the stores that its environment names. It prints
 * the address that it listens at. Its pages: /logout, and for the user in `?user=`
 * /create, /login (`&seconds=` until the session expires), /password and /deactivate.
 */
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { Duplex } from "node:stream"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { WebSocketServer } from "ws"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import type { AuthContext } from "../../src/adapters/api/per-request/promises.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { honoAuth } from "../../src/adapters/http/hono.ts"
import { koaAuth } from "../../src/adapters/http/koa.ts"
import { connectAuth, requestHead } from "../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import { type DjangoUser, postgres } from "../../src/adapters/store/postgres.ts"
import { redisSessions } from "../../src/adapters/store/redis.ts"

const { DATABASE_URL: databaseUrl = "", EVERY = "30", FRAMEWORK = "express", GRACE = "300", REDIS_URL } = process.env

const pg = postgres({ url: databaseUrl })
await pg.createTables()
const auth = createAuth<DjangoUser, AnyFields>({
  secretKey: "a secret key of a test, which is long enough",
  sessions: REDIS_URL === undefined ? pg.sessions : redisSessions({ url: REDIS_URL }),
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
  hashers: [pbkdf2Sha256({ iterations: 1 })],
  deadlineSeconds: 1
})

/** Does what the URL says, and returns the text of the response. */
const page = async (url: string, context: AuthContext<DjangoUser, AnyFields>): Promise<string> => {
  const { pathname, searchParams } = new URL(url, "http://localhost")
  const username = searchParams.get("user") ?? ""
  if (pathname === "/create") await auth.createUser({ username, password: "the first password" })
  const user = await auth.findUser({ username })
  if (pathname === "/logout") await context.logout()
  if (user === undefined) return "no such user"
  if (pathname === "/login") {
    await context.login(user)
    const seconds = searchParams.get("seconds")
    if (seconds !== null) await context.session.setExpiry(Number(seconds))
  }
  if (pathname === "/password") await auth.setPassword(user, "another password")
  if (pathname === "/deactivate") await auth.setActive(user, false)
  return "done"
}

const listening = (server: Server): Promise<Server> =>
  new Promise((resolve) => server.once("listening", () => resolve(server)))

const servers: Readonly<Record<string, () => Promise<Server>>> = {
  express: () => {
    const app = express().use(connectAuth(auth))
    app.use(async (req, res) => void res.send(await page(req.url, Object(req).auth)))
    return listening(app.listen(0, "127.0.0.1"))
  },
  koa: () => {
    const app = new Koa().use(koaAuth(auth))
    app.use(async (ctx) => {
      ctx.body = await page(ctx.url, ctx["auth"])
    })
    return listening(app.listen(0, "127.0.0.1"))
  },
  fastify: async () => {
    const app = Fastify()
    const attach = connectAuth(auth)
    app.addHook("onRequest", (request, reply, done) => void attach(request.raw, reply.raw, done))
    app.get("/*", async (request) => page(request.url, Object(request.raw).auth))
    await app.listen({ port: 0, host: "127.0.0.1" })
    return app.server
  },
  hono: () => {
    const app = new Hono().use(honoAuth(auth))
    app.all("*", async (c) => c.text(await page(c.req.url, c.var.auth)))
    const server = createServer(async (req, res) => {
      const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)])
      const response = await app.fetch(new Request(`http://${req.headers.host}${req.url}`, { headers }))
      for (const line of response.headers.getSetCookie()) res.appendHeader("set-cookie", line)
      res.writeHead(response.status).end(await response.text())
    })
    return listening(server.listen(0, "127.0.0.1"))
  }
}

const server = await (servers[FRAMEWORK] ?? servers["express"])?.()
const sockets = new WebSocketServer({ noServer: true })
server?.on("upgrade", async (req: IncomingMessage, socket: Duplex, head: Buffer) => {
  const closeWith = (status: string) => void socket.end(`HTTP/1.1 ${status}\r\n\r\n`)
  try {
    const { getUser, verifyOrigin } = auth.reader(requestHead(req))
    verifyOrigin()
    if ((await getUser()) === undefined) return closeWith("401 Unauthorized")
    sockets.handleUpgrade(req, socket, head, (ws) => {
      const options = { everySeconds: Number(EVERY), graceSeconds: Number(GRACE), onOutage: () => {} }
      const stop = auth.onSessionEnd(requestHead(req), (why) => ws.close(4401, why), options)
      ws.on("close", stop)
    })
    return undefined
  } catch (error) {
    return closeWith(Object(error)._tag === "CsrfFailed" ? "403 Forbidden" : "503 Service Unavailable")
  }
})
const address = server?.address()
console.log(`listening at http://127.0.0.1:${typeof address === "object" ? address?.port : ""} `)
