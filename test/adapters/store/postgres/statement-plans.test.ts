/** PostgreSQL finds the rows of every statement by an index: the plans with many sessions and users, for any parameters. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres, postgresThrottle } from "../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../rig/postgres-server.ts"
import { service } from "../../../rig/services.ts"
import { readPage } from "./statements-page.ts"

const page = readFileSync(fileURLToPath(new URL("../../../../docs/statements.md", import.meta.url)), "utf8")
const sections = readPage(page).filter(({ title }) => /^(Sessions|Throttle|Users$)/.test(title))

/** Django compares addresses in this way, too, and its table has no index for it: see `docs/scaling.md`. */
const isByAddress = (text: string): boolean => text.includes('UPPER(u."email"')

/** Reads all keys that have failures, for an administrator. */
const isWhole = (title: string): boolean => title.startsWith("Throttle: list keys,")

describe.skipIf(!service("postgres").available)("with 100,000 sessions", () => {
  let server: PostgresServer
  let admin: sql.Sql

  beforeAll(async () => {
    server = await startPostgres({ log_statement: "none" })
    const pg = postgres({ ...patient, url: server.url, userSessions: true })
    await pg.createTables()
    await postgresThrottle({ client: pg.client }).createTables()
    await pg.close()
    admin = sql(server.url, { max: 1, fetch_types: false, onnotice: () => {} })
    await admin`INSERT INTO auth_user
      (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      SELECT '', false, 'user' || n, '', '', 'user' || n || '@example.com', false, true, now()
      FROM generate_series(1, 10000) n`
    await admin`INSERT INTO django_session SELECT md5(n::text), repeat('text', 60), now() + interval '1 second' * n
      FROM generate_series(-10000, 90000) n`
    await admin`INSERT INTO latchkey_user_session
      SELECT encode(sha256(md5(n::text)::bytea), 'hex'), left(md5(n::text), 8), md5(n::text), 'backend', n % 10000, now(), now() FROM generate_series(-10000, 90000) n`
    await admin`INSERT INTO latchkey_throttle
      SELECT 'account:' || md5(n::text), 1, now(), now() + interval '1 second' * n, 1 FROM generate_series(-10000, 90000) n`
    await admin`VACUUM ANALYZE`
    await admin`SET plan_cache_mode = force_generic_plan`
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const hasPlan = (text: string) => !/^(begin|commit)/.test(text)
  const statements = sections.flatMap((section) =>
    section.statements.filter(hasPlan).map((text, at) => [`${section.title}, statement ${at + 1}`, text] as const)
  )

  it.each(statements)("%s", async (title, text) => {
    const count = Math.max(0, ...Array.from(text.matchAll(/\$(\d+)/g), ([, number]) => Number(number)))
    await admin.unsafe(`PREPARE planned AS ${text}`)
    const parameters = count === 0 ? "" : `(${Array(count).fill("NULL").join(", ")})`
    const rows = await admin.unsafe(`EXPLAIN (COSTS OFF) EXECUTE planned${parameters}`)
    await admin.unsafe("DEALLOCATE planned")
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n")
    const tables =
      plan.match(/(?<=Seq Scan on )(django_session|auth_user|latchkey_user_session|latchkey_throttle)\b/g) ?? []
    expect(tables, plan).toEqual(isWhole(title) ? ["latchkey_throttle"] : isByAddress(text) ? ["auth_user"] : [])
  })
})
