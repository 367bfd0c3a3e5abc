/** A PostgreSQL server with users and their sessions, and the files from which the load takes its cookies. */
import { randomBytes } from "node:crypto"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Core, pbkdf2Sha256 } from "latchkey"
import { postgres as stores } from "latchkey/postgres"
import postgres from "postgres"
import { fastFolder } from "../test/rig/fast-folder.ts"
import { startPostgres } from "../test/rig/postgres-server.ts"
import { type Cores, moveTo } from "./cores.ts"
import { cpuOfTree, processesOf } from "./cpu-time.ts"

export const secretKey = "a secret key that only the bench uses, 50 characters"

export interface Store {
  readonly url: string
  /** A file with so many Cookie headers, one per line. Each belongs to a stored session of its own. */
  readonly cookies: (count: number) => string
  /** A file with the targets of logins, one user each. @param prefix comes before each path */
  readonly logins: (prefix: string) => string
  /** A file with the bodies of logins by POST. */
  readonly loginBodies: () => string
  /** Gives users with a name of their own a password hash of so many iterations. @returns their names */
  readonly addUsers: (count: number, iterations: number) => Promise<ReadonlyArray<string>>
  /** Writes lines into a file. @returns its path */
  readonly file: (lines: ReadonlyArray<string>) => string
  /** CPU time of PostgreSQL so far, in microseconds. */
  readonly cpu: () => number
  /** Moves PostgreSQL to these cores. */
  readonly moveTo: (on: Cores) => void
  /** Removes what earlier rows of the bench have left behind: their dead rows cost the next ones time. */
  readonly vacuum: () => Promise<void>
  readonly stop: () => Promise<void>
}

const users = 1000
const backend = "django.contrib.auth.backends.ModelBackend"

/** Creates the tables, 1,000 users, and so many sessions of theirs. @returns their Cookie headers */
export const fillDatabase = async (url: string, sessions: number): Promise<ReadonlyArray<string>> => {
  const pg = stores({ url })
  await pg.createTables()
  await pg.close()
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const { password, authHash } = await credentials()
  await addUsers(sql, "user", users, password)
  const permissions = await sql`SELECT id FROM auth_permission WHERE codename = 'view_user'`
  await sql`INSERT INTO auth_user_user_permissions (user_id, permission_id)
    SELECT id, ${permissions[0]?.["id"] ?? 1} FROM auth_user`

  const { encode } = Core.settings({ secretKey }).session.codec
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
  await sql.end()
  return cookies
}

const addUsers = (sql: postgres.Sql, name: string, count: number, password: string) => sql`INSERT INTO auth_user
  (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
  SELECT ${password}, false, ${name} || n, '', '', ${name} || n || '@example.com', false, true, now()
  FROM generate_series(1, ${count}::int) n`

/** @param sessions how many sessions to store; they belong to 1,000 users */
export const fill = async (sessions: number): Promise<Store> => {
  const server = await startPostgres({ log_statement: "none" })
  const cookies = await fillDatabase(server.url, sessions)
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  const folder = fastFolder("bench")
  const postmaster = await postmasterOf(server.url)

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
    loginBodies: () =>
      file(Array.from({ length: users }, (_, at) => JSON.stringify({ username: `user${1 + at}`, password: word }))),
    addUsers: async (count, iterations) => {
      const name = `slow${iterations}-`
      await addUsers(sql, name, count, await encoded(iterations))
      return Array.from({ length: count }, (_, at) => `${name}${1 + at}`)
    },
    file,
    cpu: () => cpuOfTree(postmaster),
    moveTo: (on) => moveTo(on, processesOf(postmaster)),
    vacuum: async () => {
      await sql`VACUUM ANALYZE`
    },
    stop: async () => {
      await sql.end()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** The password of all users. */
const word = "the password"
const encoded = (iterations: number) => pbkdf2Sha256({ iterations }).encode(word, "saltsaltsaltsaltsaltsa")

/** The password hash that the users of quick logins share, and what their sessions hold of it. */
const credentials = async () => {
  const password = await encoded(1)
  const [authHash] = Core.settings({ secretKey }).authHashes(password)
  return { password, authHash }
}

/** The process id of a PostgreSQL server. */
export const postmasterOf = async (url: string): Promise<number> => {
  const sql = postgres(url, { max: 1 })
  const [row] = await sql`SELECT pg_read_file('postmaster.pid') AS file`
  await sql.end()
  return Number.parseInt(String(row?.["file"]), 10)
}
