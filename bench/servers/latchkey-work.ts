/** The pages of `bare-work.ts` with latchkey. */
import {
  type AuthContext,
  createAuth,
  type FieldsOf,
  modelBackend,
  pbkdf2Sha256,
  type SessionStore,
  type UserOf
} from "latchkey"
import { postgres } from "latchkey/postgres"
import { signedCookieSessions } from "latchkey/signed-cookies"

const userSessions = process.env["USER_SESSIONS"] === "1"
// Patient, because a bench should measure a slow disk and not end.
const patience = { connectTimeoutSeconds: 10, deadlineSeconds: 10, operationDeadlineSeconds: 20 }
const pooler = process.env["POOLER"] === "1"
const pg = postgres({ url: process.env["DATABASE_URL"] ?? "", max: 10, userSessions, pooler, ...patience })
if (userSessions) await pg.createTables()

/** The same application with sessions in another store. */
export const authWith = (sessions: SessionStore) =>
  createAuth({
    secretKey: process.env["SECRET_KEY"],
    sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
    hashers: [pbkdf2Sha256({ iterations: Number(process.env["ITERATIONS"] ?? 1) })],
    sessionCookie: { secure: true },
    csrfCookie: { secure: true },
    allowedHosts: ["127.0.0.1"],
    // The load sends more logins at the same time than one core hashes, and none of them may be refused.
    queue: 1000,
    queueDeadlineSeconds: 60
  })

export const auth = authWith(process.env["SIGNED_COOKIES"] === "1" ? signedCookieSessions() : pg.sessions)

type Context = Pick<
  AuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>,
  "authenticate" | "getUser" | "hasPerm" | "login" | "logout" | "session"
>

const named = (name: string | undefined) => JSON.stringify({ user: name ?? null })

const pages: Record<string, (context: Context, query: URLSearchParams) => Promise<string>> = {
  "/me": async ({ getUser }) => named((await getUser())?.username),
  "/write": async ({ getUser, session }) => {
    await session.set("visited", Date.now())
    return named((await getUser())?.username)
  },
  "/may": async ({ hasPerm }) => JSON.stringify({ may: await hasPerm("auth.view_user") }),
  "/login": async ({ authenticate, login }, query) => {
    const user = await authenticate({ username: query.get("user") ?? "", password: "the password" })
    if (user !== undefined) await login(user)
    return named(user?.username)
  },
  "/logout": async ({ getUser, logout }) => {
    const user = await getUser()
    await logout()
    return named(user?.username)
  }
}

/** @param target path and query. @returns the body */
export const answer = async (target: string, context: Context): Promise<string> => {
  const [path = "", query] = target.split("?")
  return (await pages[path]?.(context, new URLSearchParams(query))) ?? "ok"
}
