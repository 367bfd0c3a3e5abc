/** Django's table of sessions, partitioned by a hash of the key: every statement works, and touches few partitions. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
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
    const pg = postgres({ ...patient, url: server.url, userSessions: true })
    await pg.createTables()
    await pg.close()
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const make = (userSessions: boolean) => async () => {
    const pg = postgres({ ...patient, url: server.url, userSessions })
    return { store: pg.sessions, users: pg.users, close: pg.close }
  }
  sessionStoreContract("PostgreSQL with partitions", make(false))
  sessionStoreContract("PostgreSQL with partitions that records the sessions of users", make(true))
  prefetchContract("PostgreSQL with partitions", make(false))

  describe("and two connections", () => {
    let pg: ReturnType<typeof postgres>
    beforeAll(() => {
      pg = postgres({ ...patient, url: server.url })
    })
    afterAll(() => pg?.close())
    carriesALogin(() => pg.sessions)
  })

  it("has all of them", async () => {
    const rows =
      await admin`SELECT count(*)::int AS count FROM pg_inherits WHERE inhparent = 'django_session'::regclass`
    expect(rows[0]?.["count"]).toBe(partitions)
  })

  /**
   * In how many partitions a statement looks for sessions. Statements that do not know the key look in all: those that
   * look for expired sessions, and those that look for the session of a record, of which only the start is known.
   */
  const lookedAt = (title: string): number => {
    if (/(remove|count) expired|list the sessions/.test(title)) return partitions
    if (title.includes("store a new session")) return 0
    return /new key|end a session/.test(title) ? 2 : 1
  }

  /** Values for `$1`, `$2` … by their types: of a session that exists, so that every part of the plan is executed. */
  const valuesFor = (text: string, types: ReadonlyArray<string>): ReadonlyArray<string> => {
    const given = /^WITH given \(([\w, ]+)\)/.exec(text)?.[1]?.split(", ") ?? []
    const reads = JSON.stringify([{ place: 0, key: "some key", at: 0, user_id: "1" }])
    return types.map((type, at) => {
      if (type.startsWith("timestamp")) return "now()"
      if (type === "boolean") return "false"
      if (type === "bigint" || type === "integer") return "1"
      if (text.includes("json_to_recordset")) return `'${reads}'`
      if (text.includes(`$${at + 1}::text::jsonb`)) return `'["some key"]'`
      if (text.includes(`key_hash > $${at + 1}`)) return "''"
      if (given[at] === "target" || /^(INSERT|WITH noted)/.test(text)) return "'new key'"
      return given[at] === "forwarding" || text.includes(`OR session_key = $${at + 1} FOR UPDATE`)
        ? "'moved:some key'"
        : "'some key'"
    })
  }

  const statements = readPage(read("docs/statements.md")).flatMap(({ statements, title }) =>
    title.startsWith("Sessions") ? statements.map((text) => [lookedAt(title), title, text] as const) : []
  )
  // PostgreSQL makes a plan for each execution, or one for all: what it takes depends on its estimates.
  const plans = ["force_custom_plan", "force_generic_plan"].flatMap((mode) =>
    statements.map((each) => [...each, mode] as const)
  )
  it.each(plans)("%i of them are looked at: %s", async (count, title, text, mode) => {
    await admin.unsafe(`SET plan_cache_mode = ${mode}`)
    await admin.unsafe(`PREPARE planned AS ${text}`)
    await admin.unsafe("BEGIN")
    const types =
      await admin`SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'planned'`
    await admin`INSERT INTO django_session VALUES ('some key', 'some key', now() + interval '1 day')`
    await admin`INSERT INTO latchkey_user_session
      VALUES (encode(sha256('some key'), 'hex'), 'so', 'some key', 'some key', 'some key', now(), now())`
    const values = valuesFor(text, String(types[0]?.["types"]).replace(/[{}"]/g, "").split(","))
    const plan = await admin.unsafe(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE planned(${values.join(", ")})`)
    await admin.unsafe("ROLLBACK")
    await admin.unsafe("DEALLOCATE planned")
    const lines = plan.map((row) => String(row["QUERY PLAN"]))
    // A scan of a table begins with "->  Index Scan using … on django_session_3 …"; a pruned one is "never executed".
    const scans = lines.filter(
      (line) => /Scan.* on (\w+\.)?django_session/.test(line) && !line.includes("never executed")
    )
    const looked = new Set(scans.map((line) => / on (?:\w+\.)?(django_session_\d+)/.exec(line)?.[1] ?? line))
    expect(looked.size, lines.join("\n")).toBe(count)
    // Small tables are read whole to find what has expired: statement-plans.test.ts shows that large ones are not.
    if (!/(remove|count) expired/.test(title)) expect(scans.filter((line) => line.includes("Seq Scan"))).toEqual([])
  })
})
