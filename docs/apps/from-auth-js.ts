import { getToken } from "@auth/core/jwt"
import * as Effect from "effect/Effect"
import { createAuth, modelBackend } from "latchkey"
import { withAuth } from "latchkey/fetch"
import { postgres } from "latchkey/postgres"
import sqlClient from "postgres"

const { AUTH_SECRET = "", DATABASE_URL = "", SECRET_KEY } = process.env
const cookieName = "authjs.session-token" // with https "__Secure-authjs.session-token"

const pg = postgres({ url: DATABASE_URL })
const auth = createAuth({
  secretKey: SECRET_KEY,
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
})

/** For the strategy "jwt": the id of the user that the old cookie names. */
const idInToken = async (request: Request): Promise<string | undefined> => {
  const token = await getToken({ req: request, secret: AUTH_SECRET, cookieName, salt: cookieName })
  return token?.sub
}

/** The old cookies by name. Auth.js splits a long token into several: `authjs.session-token.0`, `.1`. */
const oldCookies = (request: Request): ReadonlyMap<string, string> => {
  const found = (request.headers.get("cookie") ?? "").matchAll(/(?:^|; )([^=;]+)=([^;]*)/g)
  const pairs = Array.from(found, ([, name = "", value = ""]) => [name, value] as const)
  return new Map(pairs.filter(([name]) => name.startsWith(cookieName)))
}

const sql = sqlClient(DATABASE_URL)
/** For the strategy "database": the id of the user of the old session, which is deleted. */
const idInDatabase = async (request: Request): Promise<string | undefined> => {
  const token = oldCookies(request).get(cookieName) ?? ""
  const [row] = await sql`DELETE FROM sessions WHERE "sessionToken" = ${token} AND expires > now() RETURNING "userId"`
  return row && String(row["userId"])
}

const oldUserId = process.env.AUTH_STRATEGY === "database" ? idInDatabase : idInToken // take yours

// Remove the first part when the last cookie of Auth.js has expired.
export const handler = withAuth(auth, async (request, { getUser, login, logout }) => {
  const old = request.method === "GET" ? [...oldCookies(request).keys()] : []
  if (old.length > 0 && !(await getUser())) {
    const id = await oldUserId(request)
    const row = id === undefined ? undefined : await Effect.runPromise(pg.users.findById(id))
    if (row?.user.isActive) await login(row.user)
  }
  const headers = new Headers()
  const secure = cookieName.startsWith("__Secure-") ? "; Secure" : ""
  for (const name of old) headers.append("set-cookie", `${name}=; Path=/; Max-Age=0${secure}`)

  // Your application:
  if (request.method === "POST") await logout()
  return Response.json({ user: (await getUser())?.username ?? null }, { headers })
})
