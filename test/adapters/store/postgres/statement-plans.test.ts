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
const sections = readPage(page).filter(({ title }) => /^(Sessions|Throttle|Users|Permissions)/.test(title))

/** Django compares addresses in this way, too, and its table has no index for it: see `docs/scaling.md`. */
const isByAddress = (text: string): boolean => text.includes('UPPER(u."email"')

/** Reads all keys that have failures, for an administrator. */
const isWhole = (title: string): boolean => title.startsWith("Throttle: list keys,")

const permissionTables = ["auth_permission", "django_content_type"]

/** What statements on permissions read as a whole. Each of them is sent for administrators only, or looks for superusers. */
const wholeTables: ReadonlyArray<readonly [text: RegExp, tables: ReadonlyArray<string>]> = [
  [/^SELECT name AS permission/, permissionTables], // lists all
  [/^SELECT name FROM "auth_group"/, ["auth_group"]], // lists all
  [/^WITH asked \(app_label/, ["auth_permission"]], // creates the permissions of a model
  [/asked AS .* i WHERE i\.name IN .* written AS .*auth_user_groups/, ["auth_group"]], // finds groups by their names
  [/asked AS .* i WHERE i\.name IN /, permissionTables], // finds permissions by their names
  [/^SELECT u\."is_active" AS is_active/, permissionTables], // reads those of a superuser, who has all
  [/^WITH wanted \(app_label/, ["auth_user"]] // finds superusers too, if they are asked for
]
const readsWhole = (title: string, text: string): ReadonlyArray<string> => {
  if (isWhole(title)) return ["latchkey_throttle"]
  if (isByAddress(text)) return ["auth_user"]
  return wholeTables.find(([pattern]) => pattern.test(text))?.[1] ?? []
}

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
    // As Django's admin has it.
    await admin`CREATE TABLE django_admin_log (id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES auth_user (id))`
    await admin`CREATE INDEX ON django_admin_log (user_id)`
    await admin`INSERT INTO django_admin_log (user_id) SELECT id FROM auth_user, generate_series(1, 3)`
    await admin`INSERT INTO django_content_type (app_label, model)
      SELECT 'app' || n % 250, 'model' || n FROM generate_series(1, 5000) n`
    await admin`INSERT INTO auth_permission (name, content_type_id, codename)
      SELECT '', t.id, action || '_' || t.model
      FROM django_content_type t, unnest(ARRAY['add', 'change', 'delete', 'view']) action WHERE app_label LIKE 'app%'`
    await admin`INSERT INTO auth_group (name) SELECT 'group' || n FROM generate_series(1, 5000) n`
    await admin`UPDATE auth_user SET is_superuser = true WHERE id % 1000 = 0`
    await admin`INSERT INTO auth_user_groups (user_id, group_id)
      SELECT id, 1 + (id * 7 + n * 1013) % 5000 FROM auth_user, generate_series(1, 3) n`
    await admin`INSERT INTO auth_user_user_permissions (user_id, permission_id)
      SELECT id, 21 + (id * 13 + n * 89) % 20000 FROM auth_user, generate_series(1, 3) n`
    await admin`INSERT INTO auth_group_permissions (group_id, permission_id)
      SELECT id, 21 + (id * 11 + n * 97) % 20000 FROM auth_group, generate_series(1, 10) n`
    await admin`VACUUM ANALYZE`
    await admin`SET plan_cache_mode = force_generic_plan`
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const hasPlan = (text: string) => !/^(begin|commit|rollback)/.test(text)
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
    const tables = plan.match(/(?<=Seq Scan on )(auth_|django_(session|content_type|admin_log)|latchkey_)\w*/g) ?? []
    expect([...new Set(tables)].toSorted(), plan).toEqual(readsWhole(title, text))
  })

  const found = (pattern: RegExp) => statements.find(([, text]) => pattern.test(text))?.[1] ?? expect.fail("not listed")

  it.each([
    ["the permissions of a user who is no superuser", found(/^SELECT u\."is_active" AS is_active/), "1"],
    ["the users with a permission", found(/^WITH wanted \(app_label/), "'app1', 'add_model1', false, true"]
  ])("reads no table as a whole for %s", async (_, text, values) => {
    await admin.unsafe(`PREPARE planned AS ${text}`)
    const rows = await admin.unsafe(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE planned(${values})`)
    await admin.unsafe("DEALLOCATE planned")
    const lines = rows.map((row) => String(row["QUERY PLAN"]))
    const scans = lines.filter((line) => line.includes("Seq Scan"))
    expect(scans).not.toEqual([])
    expect(
      scans.filter((line) => !line.includes("never executed")),
      lines.join("\n")
    ).toEqual([])
  })
})
