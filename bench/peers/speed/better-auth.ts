/**
 * Node http with better-auth, e-mail and password, its own tables and sessions in PostgreSQL. With its plugin for roles
 * if the environment says so: only then it has a page that checks a permission.
 */
import { pbkdf2Sync } from "node:crypto"
import { createServer } from "node:http"
import { betterAuth } from "better-auth"
import { getMigrations } from "better-auth/db/migration"
import { fromNodeHeaders } from "better-auth/node"
import { admin } from "better-auth/plugins"
import { listen } from "../../servers/listen.ts"
import { pool } from "./users.ts"

const hash = async (password) => pbkdf2Sync(password, "salt", 1, 32, "sha256").toString("base64")
const hasRoles = process.env.ROLES === "1"
const options = {
  database: pool,
  secret: process.env.SECRET_KEY.padEnd(32, "-"),
  baseURL: "http://127.0.0.1",
  emailAndPassword: {
    enabled: true,
    password: { hash, verify: async (given) => given.hash === (await hash(given.password)) }
  },
  plugins: hasRoles ? [admin()] : [],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true }
}
const auth = betterAuth(options)
await (await getMigrations(options)).runMigrations()
for (let at = 1; at <= 1000; at++)
  await auth.api
    .signUpEmail({ body: { email: `user${at}@example.com`, password: "the password", name: `user${at}` } })
    .catch(() => {})
if (hasRoles) await pool.query(`UPDATE "user" SET role = 'admin'`)
else await pool.query('DELETE FROM "session"')
await pool.query('VACUUM ANALYZE "session"')

const send = (res, body, headers) => {
  for (const cookie of headers?.getSetCookie() ?? []) res.appendHeader("set-cookie", cookie)
  res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
  res.end(body)
}

listen(
  createServer(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url, "http://localhost")
    const headers = fromNodeHeaders(req.headers)
    if (pathname === "/me") {
      const found = await auth.api.getSession({ headers })
      return send(res, JSON.stringify({ user: found?.user.name ?? null }))
    }
    if (pathname === "/may") {
      const { success } = await auth.api.userHasPermission({ headers, body: { permissions: { user: ["list"] } } })
      return send(res, JSON.stringify({ may: success }))
    }
    if (pathname === "/login") {
      const email = `${searchParams.get("user")}@example.com`
      const body = { email, password: "the password" }
      const answer = await auth.api.signInEmail({ body, headers, asResponse: true })
      return send(res, JSON.stringify({ user: (await answer.json()).user?.name ?? null }), answer.headers)
    }
    if (pathname === "/logout") {
      const user = (await auth.api.getSession({ headers }))?.user.name ?? null
      const answer = await auth.api.signOut({ headers, asResponse: true })
      return send(res, JSON.stringify({ user }), answer.headers)
    }
    send(res, "ok")
  })
)
