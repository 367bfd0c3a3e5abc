/** Fastify with @fastify/session and connect-pg-simple, as their documentation shows them, and one query for the user. */
import fastifyCookie from "@fastify/cookie"
import fastifySession from "@fastify/session"
import connectPgSimple from "connect-pg-simple"
import session from "express-session"
import Fastify from "fastify"
import { listenFastify } from "../../servers/listen-fastify.ts"
import { checked, pool, sessionTable, userWith } from "./users.ts"

await sessionTable("web_session")
const Store = connectPgSimple(session)
const store = new Store({ pool, tableName: "web_session", disableTouch: true, pruneSessionInterval: false })
const secret = process.env.SECRET_KEY.padEnd(32, "-")

const app = Fastify()
app.register(fastifyCookie)
app.register(fastifySession, { secret, store, saveUninitialized: false, rolling: false, cookie: { secure: false } })

const nameOf = async (request) => (await userWith(request.session.userId))?.username ?? null
app.get("/anon", (_, reply) => reply.type("application/json").send("ok"))
app.get("/me", async (request) => ({ user: await nameOf(request) }))
app.get("/write", async (request) => {
  request.session.visited = Date.now()
  return { user: await nameOf(request) }
})
app.get("/login", async (request) => {
  const user = await checked(request.query.user, "the password")
  await request.session.regenerate()
  request.session.userId = user.id
  return { user: user.username }
})
app.get("/logout", async (request) => {
  const user = await nameOf(request)
  await request.session.destroy()
  return { user }
})
await listenFastify(app)
