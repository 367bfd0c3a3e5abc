/** A real Django on the table of sessions with partitions that docs/scaling.md gives. */
import { readFileSync } from "node:fs"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { browser } from "../rig/browser.ts"
import { type Django, django, djangoService, type Site } from "../rig/django.ts"
import { startExample } from "../rig/example.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const available = [service("postgres"), djangoService()].every((needed) => needed.available)

const page = readFileSync(new URL("../../docs/scaling.md", import.meta.url), "utf8")
const ddl = /```sql\n(CREATE TABLE django_session.*?)```/s.exec(page)?.[1] ?? ""

const password = "pässword"

describe.skipIf(!available)("Django and a table of sessions with partitions", () => {
  let server: PostgresServer
  const secretKey = "partitioned-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
  const execute = async (url: string, text: string): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> => {
    const client = sql(url, { max: 1, fetch_types: false, onnotice: () => {} })
    const rows = await client.unsafe(text)
    await client.end()
    return [...rows]
  }
  /** The kind of the table: `p` with partitions, `r` without. */
  const kind = async (url: string) =>
    (await execute(url, "SELECT relkind::text AS kind FROM pg_class WHERE oid = 'django_session'::regclass"))[0]?.[
      "kind"
    ]
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  describe("after createTables and migrate --fake-initial", () => {
    let url: string
    let oracle: Django
    const sites: Record<string, Site> = {}
    beforeAll(async () => {
      url = await server.createDatabase()
      await execute(url, ddl)
      const pg = postgres({ url })
      await pg.createTables()
      await pg.close()
      const shared = { databaseUrl: url, secretKey, passwordIterations: 1 }
      oracle = django(shared)
      await oracle.manage(
        "from django.core.management import call_command\ncall_command('migrate', fake_initial=True)\nanswer = 1"
      )
      await oracle.createUsers(["alice", "bob"].map((username) => ({ username, password })))
      sites["Django"] = await oracle.serve()
      sites["the example"] = await startExample(shared)
    })
    afterAll(async () => {
      for (const site of Object.values(sites)) await site.stop()
    })
    const siteOf = (name: string): Site => sites[name] ?? expect.fail(name)

    it("its migrate keeps the table and all partitions, and changes nothing the next time", async () => {
      expect(await oracle.migrate()).toContain("No migrations to apply")
      expect(await kind(url)).toBe("p")
      const [row] = await execute(
        url,
        "SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 'django_session'::regclass"
      )
      expect(row).toEqual({ n: 8 })
    })

    it.each([
      ["Django", "the example", "alice"],
      ["the example", "Django", "bob"]
    ])("a login at %s is one at %s, is written there, and ends there", async (here, there, username) => {
      const client = browser()
      expect((await client.post(siteOf(here), "/login", { username, password })).status).toBe(200)
      expect((await client.get(siteOf(there), "/me")).json()).toEqual({ user: username })
      expect((await client.post(siteOf(there), "/session", { mine: true })).status).toBe(200)
      expect((await client.get(siteOf(here), "/session")).json()).toMatchObject({ mine: true })
      // A new key moves the row to another partition.
      expect((await client.post(siteOf(there), "/session/cycle")).status).toBe(200)
      expect((await client.get(siteOf(here), "/me")).json()).toEqual({ user: username })
      const copy = browser()
      for (const [name, value] of client.jar) copy.jar.set(name, value)
      expect((await client.post(siteOf(there), "/logout")).status).toBe(200)
      expect((await copy.get(siteOf(here), "/me")).json()).toEqual({ user: null })
    })

    it("its clearsessions removes what has expired", async () => {
      await execute(
        url,
        `INSERT INTO django_session SELECT 'expired ' || n, 'x', now() - interval '1 day' FROM generate_series(1, 100) AS n`
      )
      const client = browser()
      await client.post(siteOf("the example"), "/login", { username: "alice", password })
      await oracle.manage("from django.core.management import call_command\nanswer = call_command('clearsessions')")
      const [row] = await execute(url, "SELECT count(*)::int AS n FROM django_session WHERE expire_date < now()")
      expect(row).toEqual({ n: 0 })
      expect((await client.get(siteOf("the example"), "/me")).json()).toEqual({ user: "alice" })
    })
  })

  it("without --fake-initial its migrate fails and keeps the table", async () => {
    const url = await server.createDatabase()
    await execute(url, ddl)
    const pg = postgres({ url })
    await pg.createTables()
    await pg.close()
    await expect(django({ databaseUrl: url, secretKey }).migrate()).rejects.toThrow(/"django_session" already exists/)
    expect(await kind(url)).toBe("p")
  })
})
