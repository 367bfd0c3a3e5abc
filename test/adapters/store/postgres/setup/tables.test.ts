import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import type { CreateTablesOptions, TablesStep } from "../../../../../src/adapters/ports/store-tables.ts"
import { cachedDbSessions } from "../../../../../src/adapters/store/cached-db.ts"
import { memory } from "../../../../../src/adapters/store/memory.ts"
import {
  type DjangoUser,
  type PostgresOptions,
  type PostgresStores,
  postgres
} from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"

/** The definition of all tables in the database's own catalogue, and their rows. */
const describeDatabase = async (url: string) => {
  const db = sql(url, { max: 1, onnotice: () => {} })
  try {
    return {
      columns: await db`
        SELECT table_name, column_name, data_type, is_nullable, is_identity, column_default
        FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position`.values(),
      indexes: await db`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`.values(),
      constraints: await db`
        SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace ORDER BY 1`.values(),
      rows: await db`SELECT relname, n_live_tup::int FROM pg_stat_user_tables ORDER BY 1`.values(),
      migrations: await db`SELECT app, name FROM django_migrations ORDER BY id`.values()
    }
  } finally {
    await db.end()
  }
}

describe.skipIf(!service("postgres").available)("createTables", () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  const create = async (url: string) => {
    const pg = postgres({ ...patient, url })
    await pg.createTables()
    await pg.close()
  }
  const execute = async (url: string, text: string) => {
    const db = sql(url, { max: 1, onnotice: () => {} })
    const rows = await db.unsafe(text)
    await db.end()
    return [...rows]
  }

  it("makes Django's tables, their constraints, and the records of migrations", async () => {
    const url = await server.createDatabase()
    await create(url)
    const made = await describeDatabase(url)
    expect([...new Set(made.columns.map(([table]) => table))]).toEqual([
      "auth_group",
      "auth_group_permissions",
      "auth_permission",
      "auth_user",
      "auth_user_groups",
      "auth_user_user_permissions",
      "django_content_type",
      "django_migrations",
      "django_session"
    ])
    expect(made.constraints.map(([name]) => name)).toContain("auth_user_username_key")
    expect(made.constraints).toContainEqual([
      "auth_user_groups_user_id_6a12ed8b_fk_auth_user_id",
      "FOREIGN KEY (user_id) REFERENCES auth_user(id) DEFERRABLE INITIALLY DEFERRED"
    ])
    expect(made.migrations).toHaveLength(15)
    expect(await execute(url, "SELECT count(*)::int AS n FROM auth_permission")).toEqual([{ n: 20 }])
  })

  it("makes no user and no group", async () => {
    const url = await server.createDatabase()
    await create(url)
    for (const table of ["auth_user", "auth_group"])
      expect([table, await execute(url, `SELECT * FROM ${table}`)]).toEqual([table, []])
  })

  it("changes nothing the second time", async () => {
    const url = await server.createDatabase()
    await create(url)
    const before = await describeDatabase(url)
    await create(url)
    expect(await describeDatabase(url)).toEqual(before)
  })

  it("sends one message, which is one transaction", async () => {
    const url = await server.createDatabase()
    expect(await server.statementsOf(() => create(url), url)).toHaveLength(1)
  })

  it("makes everything once when several processes start at the same time", async () => {
    const url = await server.createDatabase()
    await Promise.all(Array.from({ length: 6 }, () => create(url)))
    expect(await execute(url, "SELECT count(*)::int AS n FROM django_migrations")).toEqual([{ n: 15 }])
    expect(await execute(url, "SELECT count(*)::int AS n FROM auth_permission")).toEqual([{ n: 20 }])
  })

  it("leaves the tables of an older Django as they are", async () => {
    const url = await server.createDatabase()
    await execute(
      url,
      `CREATE TABLE django_migrations (id serial PRIMARY KEY, app varchar(255), name varchar(255), applied timestamptz);
       INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0001_initial', now());
       CREATE TABLE django_content_type (id serial PRIMARY KEY, app_label varchar(100), model varchar(100));
       CREATE TABLE auth_user (id serial PRIMARY KEY, username varchar(30) UNIQUE);
       CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text, expire_date timestamptz)`
    )
    const before = await describeDatabase(url)
    await create(url)
    expect(await describeDatabase(url)).toEqual(before)
  })

  it("makes no auth_user in a project with a custom user model", async () => {
    const url = await server.createDatabase()
    await create(url)
    await execute(url, "DROP TABLE auth_user CASCADE")
    await create(url)
    expect(await execute(url, "SELECT to_regclass('auth_user') AS there")).toEqual([{ there: null }])
  })

  it("adds the missing tables to existing ones", async () => {
    const url = await server.createDatabase()
    await create(url)
    const before = await describeDatabase(url)
    await execute(url, "DROP TABLE django_session; DELETE FROM django_migrations WHERE app = 'sessions'")
    await create(url)
    const after = await describeDatabase(url)
    expect({ ...after, rows: [] }).toEqual({ ...before, rows: [] })
  })

  const withStores = async <A>(options: PostgresOptions, use: (pg: PostgresStores<DjangoUser>) => Promise<A>) => {
    const pg = postgres(options)
    try {
      return await use(pg)
    } finally {
      await pg.close()
    }
  }
  /** A plan as it is returned when it is carried out. */
  const carriedOut = (plan: ReadonlyArray<TablesStep>) =>
    plan.map((step) => ({ ...step, message: step.message.replace("would be ", "") }))
  const statesOf = (steps: ReadonlyArray<TablesStep>) =>
    steps.filter(({ tables }) => tables.length > 0).map(({ app, state }) => [app, state])

  it("returns the plan of an empty database without changing it, and its statements create the same tables", async () => {
    const [url, byHand, directly] = [
      await server.createDatabase(),
      await server.createDatabase(),
      await server.createDatabase()
    ]
    for (const schema of [undefined, "tenant-1"]) {
      const options = { url, ...(schema !== undefined && { schema }) }
      const plan = await withStores(options, (pg) => pg.createTables({ dryRun: true }))
      expect(statesOf(plan)).toEqual([
        [undefined, "missing"],
        ["contenttypes", "missing"],
        ["auth", "missing"],
        ["sessions", "missing"]
      ])
      expect(
        await execute(url, "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname !~ '^pg_|^information'")
      ).toEqual([{ n: 0 }])
      expect(await execute(url, "SELECT to_regnamespace('\"tenant-1\"') AS there")).toEqual([{ there: null }])
      for (const statement of plan.flatMap(({ statements }) => statements)) await execute(byHand, statement)
      const done = await withStores({ ...options, url: directly }, (pg) => pg.createTables())
      expect(done).toEqual(carriedOut(plan))
    }
    expect(await describeDatabase(byHand)).toEqual(await describeDatabase(directly))
    expect(await withStores({ url: byHand }, (pg) => pg.createTables({ dryRun: true }))).toEqual(
      await withStores({ url: directly }, (pg) => pg.createTables())
    )
  })

  it("says what exists already, and needs no right to create anything then", async () => {
    const url = await server.createDatabase()
    await create(url)
    await execute(url, "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    const plan = await withStores({ url, user: "reader" }, (pg) => pg.createTables())
    expect(plan.map(({ app, state, statements }) => [app, state, statements])).toEqual([
      ["contenttypes", "complete", []],
      ["auth", "complete", []],
      ["sessions", "complete", []]
    ])
    expect(plan[2]?.message).toBe("the app sessions: django_session exists: nothing to do")
  })

  it.each([
    [
      "an older Django has made the tables",
      "DELETE FROM django_migrations WHERE name LIKE '0012%'",
      "older",
      'Run "manage.py migrate" with the Django that owns them'
    ],
    [
      "no migrations are recorded",
      "DELETE FROM django_migrations WHERE app = 'auth'",
      "unrecorded",
      'run "manage.py migrate --fake-initial"'
    ],
    [
      "one of the tables is missing",
      "DROP TABLE auth_user_groups",
      "incomplete",
      "auth_user_groups does not exist, but other tables of the app do; nothing is changed"
    ],
    [
      "migrations are recorded and the tables are missing",
      `DROP TABLE auth_user_user_permissions, auth_user_groups, auth_user, auth_group_permissions, auth_group, auth_permission`,
      "recorded",
      "django_migrations records its migrations, but"
    ]
  ])("changes nothing and says so if %s", async (_, fault, state, message) => {
    const url = await server.createDatabase()
    await create(url)
    await execute(url, fault)
    const before = await describeDatabase(url)
    const plan = await withStores({ url }, (pg) => pg.createTables())
    expect(plan.map((step) => [step.app, step.state])).toContainEqual(["auth", state])
    expect(plan.find(({ app }) => app === "auth")?.message).toContain(message)
    expect(plan.flatMap(({ statements }) => statements)).toEqual([])
    expect(await describeDatabase(url)).toEqual(before)
  })

  it("makes what is missing if no migration was ever recorded", async () => {
    const url = await server.createDatabase()
    await create(url)
    await execute(url, "DROP TABLE django_migrations, django_session")
    const plan = await withStores({ url }, (pg) => pg.createTables())
    expect(plan.map(({ app, state }) => [app, state])).toEqual([
      [undefined, "missing"],
      ["contenttypes", "unrecorded"],
      ["auth", "unrecorded"],
      ["sessions", "missing"],
      [undefined, "missing"]
    ])
    expect(await execute(url, "SELECT app FROM django_migrations")).toEqual([{ app: "sessions" }])
  })

  it("adds the table of users' sessions to a database that Django has set up, and nothing else", async () => {
    const url = await server.createDatabase()
    await create(url)
    await execute(url, "DELETE FROM auth_permission WHERE codename = 'view_session'")
    const plan = await withStores({ url, userSessions: true }, (pg) => pg.createTables())
    expect(plan.map(({ app, state, tables }) => [app, state, tables.length])).toEqual([
      ["contenttypes", "complete", 1],
      ["auth", "complete", 6],
      ["sessions", "complete", 1],
      [undefined, "missing", 1]
    ])
    expect(plan[3]?.message).toBe("latchkey_user_session does not exist: created")
    expect(await execute(url, "SELECT count(*)::int AS n FROM latchkey_user_session")).toEqual([{ n: 0 }])
    expect(await execute(url, "SELECT FROM auth_permission WHERE codename = 'view_session'")).toEqual([])
  })

  it("refuses options that do not exist", async () => {
    const url = await server.createDatabase()
    const asked: CreateTablesOptions = JSON.parse('{ "dryrun": true }')
    await expect(withStores({ url }, (pg) => pg.createTables(asked))).rejects.toThrow(
      "createTables.dryrun: there is no such option; did you mean dryRun?"
    )
    const version: CreateTablesOptions = JSON.parse('{ "djangoVersion": "2.2" }')
    await expect(withStores({ url }, (pg) => pg.createTables(version))).rejects.toThrow("a version of Django")
  })

  it("is an operation of auth, with the configured version, once for stores on one database", async () => {
    const url = await server.createDatabase()
    await withStores({ url }, async (pg) => {
      const auth = createAuth({
        secretKey: "s",
        djangoVersion: "4.0",
        sessions: cachedDbSessions({ rows: pg.sessions, cache: memory().sessions }),
        backends: { model: modelBackend(pg.users), again: modelBackend(pg.users) }
      })
      const plan = await auth.createTables({ dryRun: true })
      expect(plan.filter(({ app }) => app === "auth")).toHaveLength(1)
      expect(plan.flatMap(({ statements }) => statements).join()).toContain("id serial PRIMARY KEY")
      expect(await auth.createTables()).toEqual(carriedOut(plan))
      expect(
        await execute(
          url,
          "SELECT column_default FROM information_schema.columns WHERE table_name = 'auth_group' AND column_name = 'id'"
        )
      ).toEqual([{ column_default: "nextval('auth_group_id_seq'::regclass)" }])
    })
    const { sessions, users } = memory()
    const auth = createAuth({ secretKey: "s", sessions, backends: { model: modelBackend(users) } })
    expect(await auth.createTables()).toEqual([])
  })
})
