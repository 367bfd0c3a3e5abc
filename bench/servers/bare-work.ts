/**
 * What each page costs in plain SQL: the statements an application would write by hand, without signatures, checks of
 * the password hash in the session, or protection against lost updates.
 */
import { pbkdf2Sync, randomBytes } from "node:crypto"
import postgres from "postgres"

// Behind a pooler there are no prepared statements.
const sql = postgres(process.env["DATABASE_URL"] ?? "", { max: 10, prepare: process.env["POOLER"] !== "1" })

export interface Answer {
  readonly body: string
  /** A `Set-Cookie` line. */
  readonly cookie?: string
}

/** The user id is not in a column of `django_session`; it comes from the cookie, which the bench writes. */
const keyOf = (cookie: string | undefined) => /sessionid=([a-z0-9]+)/.exec(cookie ?? "")?.[1] ?? ""
const userOf = (cookie: string | undefined) => Number(/bench_user=(\d+)/.exec(cookie ?? "")?.[1])

const joined = async (cookie: string | undefined) => {
  const [row] = await sql`
    SELECT s.session_data, u.id, u.username, u.email, u.is_active FROM django_session s
    LEFT JOIN auth_user u ON u.id = ${userOf(cookie)}
    WHERE s.session_key = ${keyOf(cookie)} AND s.expire_date > ${new Date()}`
  return row
}

const named = (name: unknown): Answer => ({ body: JSON.stringify({ user: name ?? null }) })
const inTwoWeeks = () => new Date(Date.now() + 14 * 24 * 3600 * 1000)

const pages: Record<string, (cookie: string | undefined, query: URLSearchParams) => Promise<Answer>> = {
  "/me": async (cookie) => named((await joined(cookie))?.["username"]),
  "/user": async (cookie) => {
    const [row] = await sql`SELECT id, username, email, is_active FROM auth_user WHERE id = ${userOf(cookie)}`
    return named(row?.["username"])
  },
  "/write": async (cookie) => {
    const row = await joined(cookie)
    await sql`UPDATE django_session SET session_data = ${row?.["session_data"] ?? ""}, expire_date = ${inTwoWeeks()}
      WHERE session_key = ${keyOf(cookie)}`
    return named(row?.["username"])
  },
  "/may": async (cookie) => {
    const row = await joined(cookie)
    const id = row?.["id"] ?? 0
    const found = await sql`
      SELECT c.app_label, p.codename FROM auth_permission p
      JOIN django_content_type c ON c.id = p.content_type_id
      JOIN auth_user_user_permissions up ON up.permission_id = p.id WHERE up.user_id = ${id}
      UNION
      SELECT c.app_label, p.codename FROM auth_permission p
      JOIN django_content_type c ON c.id = p.content_type_id
      JOIN auth_group_permissions gp ON gp.permission_id = p.id
      JOIN auth_user_groups ug ON ug.group_id = gp.group_id WHERE ug.user_id = ${id}`
    return { body: JSON.stringify({ may: found.some((each) => each["codename"] === "view_user") }) }
  },
  "/login": async (_, query) => {
    const [user] = await sql`SELECT id, username, password FROM auth_user WHERE username = ${query.get("user")}`
    const [, iterations, salt, hash] = String(user?.["password"]).split("$")
    const found = pbkdf2Sync("the password", salt ?? "", Number(iterations), 32, "sha256").toString("base64")
    if (found !== hash) return named(undefined)
    const key = randomBytes(16).toString("hex")
    await sql`INSERT INTO django_session (session_key, session_data, expire_date) VALUES (${key}, '', ${inTwoWeeks()})`
    await sql`UPDATE auth_user SET last_login = now() WHERE id = ${user?.["id"] ?? 0}`
    return { ...named(user?.["username"]), cookie: `sessionid=${key}; HttpOnly; Path=/; SameSite=Lax` }
  },
  "/logout": async (cookie) => {
    const row = await joined(cookie)
    await sql`DELETE FROM django_session WHERE session_key = ${keyOf(cookie)}`
    return { ...named(row?.["username"]), cookie: `sessionid=""; Max-Age=0; Path=/; SameSite=Lax` }
  }
}

/** @param target path and query */
export const answer = async (target: string, cookie: string | undefined): Promise<Answer> => {
  const [path = "", query] = target.split("?")
  return (await pages[path]?.(cookie, new URLSearchParams(query))) ?? { body: "ok" }
}
