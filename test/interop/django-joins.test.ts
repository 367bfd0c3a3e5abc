/** Django can use a database that latchkey set up, and latchkey can use one that Django set up. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import postgresClient from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { TablesStep } from "../../src/adapters/ports/store-tables.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { browser } from "../rig/browser.ts"
import { type Django, type DjangoVersion, django, djangoService } from "../rig/django.ts"
import { startExample } from "../rig/example.ts"
import { patient } from "../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { programs, service } from "../rig/services.ts"

const secretKey = "joined-by-django-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

/** The SQL statements that create the schema, sorted; without comments and the dump's own settings. */
const schemaOf = async (url: string): Promise<readonly string[]> => {
  const dump = join(programs.postgres() ?? "", "pg_dump")
  const { stdout } = await promisify(execFile)(dump, ["--schema-only", "--no-owner", "--no-privileges", url])
  return stdout
    .replaceAll(/^(?:--|\\|SET |SELECT pg_catalog\.set_config).*\n/gm, "")
    .split(/;\n+/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "")
    .sort()
}

/** What Django records about the schema in its own tables, without ids and times. */
const recordsOf = async (url: string): Promise<unknown> => {
  const sql = postgresClient(url, { max: 1 })
  try {
    return {
      migrations: await sql`SELECT app, name FROM django_migrations ORDER BY app, name`.values(),
      permissions: await sql`
        SELECT app_label, model, codename, name
        FROM auth_permission JOIN django_content_type ON django_content_type.id = content_type_id
        ORDER BY app_label, model, codename`.values()
    }
  } finally {
    await sql.end()
  }
}

const createTables = async (url: string, djangoVersion: DjangoVersion): Promise<ReadonlyArray<TablesStep>> => {
  const pg = postgres({ ...patient, url })
  try {
    return await pg.createTables({ djangoVersion })
  } finally {
    await pg.close()
  }
}

describe.each<DjangoVersion>(["4.2", "3.2"])("a database that latchkey set up for Django %s", (djangoVersion) => {
  if (![service("postgres"), djangoService(djangoVersion)].every(({ available }) => available))
    return it.skip("needs Django")
  let server: PostgresServer | undefined
  /** The URL of the database that latchkey set up, and of one that Django set up alone. */
  let ours: string
  let djangos: string
  /** The Django site on latchkey's database, the output of its migrate, and the schema before and after. */
  let joined: Django
  let said: string
  let before: readonly string[]
  let after: readonly string[]

  beforeAll(async () => {
    server = await startPostgres()
    ours = await server.createDatabase()
    djangos = await server.createDatabase()
    await createTables(ours, djangoVersion)
    before = await schemaOf(ours)
    joined = django({ databaseUrl: ours, secretKey, djangoVersion })
    said = await joined.migrate()
    after = await schemaOf(ours)
    await django({ databaseUrl: djangos, secretKey, djangoVersion }).migrate()
  })

  afterAll(() => server?.stop())

  it("needs no further migration by Django", () => {
    expect(said).toContain("No migrations to apply")
    expect(after).toEqual(before)
  })

  it("has the schema that Django would have made", async () => {
    const wanted = await schemaOf(djangos)
    expect(wanted).toContainEqual(expect.stringMatching(/^CREATE TABLE public\.auth_user /))
    expect(before).toEqual(wanted)
  })

  it("has the records that Django would have made, after Django's migrate", async () => {
    expect(await recordsOf(ours)).toEqual(await recordsOf(djangos))
  })

  it("accepts the users that Django creates", async () => {
    const user = { username: "joined", password: "Pässword" }
    await joined.createUsers([user])
    const example = await startExample({ databaseUrl: ours, secretKey, passwordIterations: 1 })
    try {
      const client = browser()
      const answer = await client.post(example, "/login", user)
      expect({ status: answer.status, body: answer.json() }).toEqual({ status: 200, body: { user: "joined" } })
      expect((await client.get(example, "/me")).json()).toEqual({ user: "joined" })
    } finally {
      await example.stop()
    }
  })

  it("is left unchanged when Django had set it up before", async () => {
    const made = await schemaOf(djangos)
    const plan = await createTables(djangos, djangoVersion)
    expect(plan.map(({ app, state }) => [app, state])).toEqual([
      ["contenttypes", "complete"],
      ["auth", "complete"],
      ["sessions", "complete"]
    ])
    expect(await schemaOf(djangos)).toEqual(made)
    expect(await django({ databaseUrl: djangos, secretKey, djangoVersion }).migrate()).toContain(
      "No migrations to apply"
    )
  })

  it("is joined by a Django of the other version, too", async () => {
    const other = djangoVersion === "4.2" ? "3.2" : "4.2"
    if (!djangoService(other).available) return
    const site = django({ databaseUrl: ours, secretKey, djangoVersion: other })
    expect(await site.migrate()).toContain("No migrations to apply")
    await site.createUsers([{ username: `of ${other}`, password: "Pässword" }])
    expect(await schemaOf(ours)).toEqual(before)
  })
})
