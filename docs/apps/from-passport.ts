import connectPgSimple from "connect-pg-simple"
import * as Effect from "effect/Effect"
import express from "express"
import expressSession from "express-session"
import { createAuth, type FieldsOf, modelBackend, pbkdf2Sha256, type UserOf } from "latchkey"
import { bcrypt } from "latchkey/bcrypt"
import { authErrors, connectAuth, type WithAuth } from "latchkey/node"
import { postgres } from "latchkey/postgres"

const { DATABASE_URL = "", SECRET_KEY, SESSION_SECRET = "" } = process.env // SESSION_SECRET: that of express-session

const pg = postgres({ url: DATABASE_URL })
const auth = createAuth({
  secretKey: SECRET_KEY,
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
  hashers: [pbkdf2Sha256(), bcrypt()] // bcrypt: reads the old hashes
})

declare global {
  namespace Express {
    interface Request extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {}
  }
}
declare module "express-session" {
  interface SessionData {
    readonly passport: { readonly user: number } // what passport.serializeUser stored
  }
}

const app = express()
app.use(express.urlencoded())
app.use(connectAuth(auth))

// Remove the following when the last cookie of express-session has expired.
const oldSession = expressSession({
  secret: SESSION_SECRET,
  store: new (connectPgSimple(expressSession))({ conString: DATABASE_URL }),
  resave: false,
  saveUninitialized: false
})
app.use((req, res, next) => {
  const isOld = req.method === "GET" && req.headers.cookie?.includes("connect.sid=")
  return isOld ? oldSession(req, res, next) : next()
})
app.use(async (req, res, next) => {
  if (req.session === undefined) return next()
  const { passport } = req.session
  const row = passport && (await Effect.runPromise(pg.users.findById(String(passport.user))))
  if (row?.user.isActive && !(await req.auth.getUser())) await req.auth.login(row.user)
  res.clearCookie("connect.sid")
  req.session.destroy(next) // so that the old cookie is used once
})

app.get("/me", async (req, res) => res.json({ user: (await req.auth.getUser())?.username ?? null }))
app.get("/csrf", async (req, res) => res.json({ token: await req.auth.getCsrfToken() }))
app.post("/login", async (req, res) => {
  const user = await req.auth.authenticate({ username: req.body.username, password: req.body.password })
  if (user) await req.auth.login(user)
  res.json({ user: user?.username ?? null })
})
app.post("/logout", async (req, res) => {
  await req.auth.logout()
  res.json({ user: null })
})
app.use(authErrors)
app.listen(3000)
