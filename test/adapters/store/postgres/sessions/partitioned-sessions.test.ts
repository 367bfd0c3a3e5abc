/** Django's table of sessions, partitioned by a hash of the key: every statement works, and touches few partitions. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { carriesALogin } from "../../carried-login.ts"
import { prefetchContract } from "../../prefetch-contract.ts"
import { sessionStoreContract } from "../../session-store-contract.ts"
import { readPage } from "../statements-page.ts"

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../../../../${path}`, import.meta.url)), "utf8")
const partitions = 8

/** The SQL that the documentation gives. */
const ddl = /```sql\n(CREATE TABLE django_session.*?)```/s.exec(read("docs/scaling.md"))?.[1] ?? ""

describe.skipIf(!service("postgres").available)("a table of sessions with partitions", () => {
  let server: PostgresServer
  let admin: sql.Sql

  beforeAll(async () => {
    server = await startPostgres()
    admin = sql(server.url, { max: 1, fetch_types: false, onnotice: () => {} })
    await admin.unsafe(ddl)
    const pg = postgres({ url: server.url, userSessions: true })
    await pg.createTables()
    await pg.close()
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const make = (userSessions: boolean) => async () => {
    const pg = postgres({ url: server.url, userSessions })
    return { store: pg.sessions, users: pg.users, close: pg.close }
  }
  sessionStoreContract("PostgreSQL with partitions", make(false))
  sessionStoreContract("PostgreSQL with partitions that records the sessions of users", make(true))
  prefetchContract("PostgreSQL with partitions", make(false))

  describe("and two connections", () => {
    let pg: ReturnType<typeof postgres>
    beforeAll(() => {
      pg = postgres({ url: server.url })
    })
    afterAll(() => pg?.close())
    carriesALogin(() => pg.sessions)
  })

  it("has all of them", async () => {
    const rows =
      await admin`SELECT count(*)::int AS count FROM pg_inherits WHERE inhparent = 'django_session'::regclass`
    expect(rows[0]?.["count"]).toBe(partitions)
  })

  const sections = readPage(read("docs/statements.md")).filter(
    ({ title }) => title.startsWith("Sessions:") && !/(remove|count) expired/.test(title)
  )
  it.each(
    sections.flatMap(({ statements, title }) => statements.map((text) => [title, text] as const))
  )("is asked for few partitions: %s", async (_, text) => {
    await admin`SET plan_cache_mode = force_custom_plan`
    await admin.unsafe(`PREPARE planned AS ${text}`)
    const types =
      await admin`SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'planned'`
    const reads = JSON.stringify([{ place: 0, key: "some key", at: 0, user_id: "1" }])
    const values = String(types[0]?.["types"])
      .replace(/[{}"]/g, "")
      .split(",")
      .map((type) =>
        type.startsWith("timestamp")
          ? "now()"
          : type === "boolean"
            ? "false"
            : type === "bigint"
              ? "1"
              : text.includes("json_to_recordset")
                ? `'${reads}'`
                : "'some key'"
      )
    const plan = await admin.unsafe(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE planned(${values.join(", ")})`)
    await admin.unsafe("DEALLOCATE planned")
    const lines = plan.map((row) => String(row["QUERY PLAN"]))
    // A scan of a table begins with "->  Index Scan using … on django_session_3 …"; a pruned one is "never executed".
    const scanned = lines.filter(
      (line) => /Scan.* on (\w+\.)?django_session/.test(line) && !line.includes("never executed")
    )
    expect(scanned.length, lines.join("\n")).toBeLessThan(partitions)
    expect(scanned.filter((line) => line.includes("Seq Scan"))).toEqual([])
  })
})
