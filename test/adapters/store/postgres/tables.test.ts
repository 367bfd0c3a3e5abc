import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres } from "../../../../src/adapters/store/postgres.ts"
import { type PostgresServer, startPostgres } from "../../../rig/postgres-server.ts"
import { service } from "../../../rig/services.ts"

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
    const pg = postgres({ url })
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
})
