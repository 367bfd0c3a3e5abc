/** A PostgreSQL server with users and their sessions, and the files from which the load takes its cookies. */
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Core, pbkdf2Sha256 } from "latchkey"
import { postgres as stores } from "latchkey/postgres"
import postgres from "postgres"
import { startPostgres } from "../test/rig/postgres-server.ts"

export const secretKey = "a secret key that only the bench uses, 50 characters"

export interface Store {
  readonly url: string
  /** A file with so many Cookie headers, one per line. Each belongs to a stored session of its own. */
  readonly cookies: (count: number) => string
  /** A file with the targets of logins, one user each. @param prefix comes before each path */
  readonly logins: (prefix: string) => string
  /** Writes lines into a file. @returns its path */
  readonly file: (lines: ReadonlyArray<string>) => string
  readonly stop: () => Promise<void>
}

const users = 1000
const backend = "django.contrib.auth.backends.ModelBackend"

/** @param sessions how many sessions to store; they belong to 1,000 users */
export const fill = async (sessions: number): Promise<Store> => {
  const server = await startPostgres({ log_statement: "none" })
  const pg = stores({ url: server.url })
  await pg.createTables()
  await pg.close()
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  const { password, authHash } = await credentials()
  await sql`INSERT INTO auth_user
    (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
    SELECT ${password}, false, 'user' || n, '', '', 'user' || n || '@example.com', false, true, now()
    FROM generate_series(1, ${users}) n`
  const permissions = await sql`SELECT id FROM auth_permission WHERE codename = 'view_user'`
  await sql`INSERT INTO auth_user_user_permissions (user_id, permission_id)
    SELECT id, ${permissions[0]?.["id"] ?? 1} FROM auth_user`

  const { encode } = Core.settings({ secretKey }).session.codec
  const folder = mkdtempSync(join(tmpdir(), "latchkey-bench-"))
  const cookies: Array<string> = []
  const expiry = new Date(Date.now() + 14 * 24 * 3600 * 1000)
  while (cookies.length < sessions) {
    const rows = Array.from({ length: Math.min(5000, sessions - cookies.length) }, () => {
      const id = 1 + (cookies.length % users)
      const key = randomBytes(16).toString("hex")
      const empty = Core.Session.absent(Core.Session.fromCookie(undefined))
      const { data } = Core.Identity.write(empty, { id: String(id), backend, authHash })
      cookies.push(`sessionid=${key}; bench_user=${id}`)
      return { session_key: key, session_data: encode(data, Date.now() - cookies.length), expire_date: expiry }
    })
    await sql`INSERT INTO django_session ${sql(rows)}`
  }
  await sql`VACUUM ANALYZE`

  let files = 0
  const file = (lines: ReadonlyArray<string>): string => {
    const path = join(folder, `lines-${files++}`)
    writeFileSync(path, lines.join("\n"))
    return path
  }
  return {
    url: server.url,
    cookies: (count) => file(cookies.slice(0, count)),
    logins: (prefix) => file(Array.from({ length: users }, (_, at) => `${prefix}/login?user=user${1 + at}`)),
    file,
    stop: async () => {
      await sql.end()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** The password hash that all users share, and what their sessions hold of it. */
const credentials = async () => {
  const password = await pbkdf2Sha256({ iterations: 1 }).encode("the password", "saltsaltsaltsaltsaltsa")
  const [authHash] = Core.settings({ secretKey }).authHashes(password)
  return { password, authHash }
}
