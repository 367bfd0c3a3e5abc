/** clearsessions on a real database, as a job and at a terminal. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import postgresJs from "postgres"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { latchkey, latchkeyInTerminal } from "../rig/command.ts"
import { patient } from "../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { control } from "../rig/pseudo-terminal.ts"
import { longSuite, service } from "../rig/services.ts"

const isAvailable = [longSuite(), service("postgres")].every(({ available }) => available)

describe.skipIf(!isAvailable)("clearsessions", () => {
  let server: PostgresServer
  let url: string
  let sql: postgresJs.Sql
  const folder = mkdtempSync(`${tmpdir()}/latchkey-clear-`)
  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    sql = postgresJs(url, { max: 1, onnotice: () => undefined })
    const pg = postgres({ ...patient, url })
    await pg.createTables()
    await pg.close()
  })
  afterAll(async () => {
    await sql?.end()
    await server?.stop()
    rmSync(folder, { recursive: true })
  })

  const fill = (expired: number) => sql`
    INSERT INTO django_session SELECT 'expired' || n, 'x', now() - interval '1 day' FROM generate_series(1, ${expired}) n
    UNION ALL SELECT 'valid' || n, 'x', now() + interval '1 day' FROM generate_series(1, 7) n`
  const left = async () =>
    (await sql`SELECT session_key FROM django_session`).map(({ session_key: key }) => String(key))
  const expired = async () => (await left()).filter((key) => key.startsWith("expired")).length
  const valid = async () => (await left()).filter((key) => key.startsWith("valid")).length

  beforeEach(async () => {
    await sql`TRUNCATE django_session`
    await sql`DROP TRIGGER IF EXISTS slow ON django_session`
  })

  const run = (...args: ReadonlyArray<string>) =>
    latchkey(["clearsessions", ...args], { cwd: folder, env: { DATABASE_URL: url } })

  it("removes expired sessions in batches, and no others", async () => {
    await fill(2500)
    const statements = await server.statementsOf(async () => {
      expect(await run("--batch", "1000")).toEqual({ code: 0, stdout: "removed 2,500 expired sessions\n", stderr: "" })
    }, url)
    expect(statements.filter((text) => text.includes("DELETE")).length).toBe(4)
    expect([await expired(), await valid()]).toEqual([0, 7])
  })

  it("removes nothing with --dry-run", async () => {
    await fill(3)
    expect(await run("--dry-run")).toEqual({ code: 0, stdout: "would remove 3 expired sessions\n", stderr: "" })
    expect(await expired()).toBe(3)
  })

  it("prints numbers for machines", async () => {
    await fill(3)
    expect((await run("--dry-run", "--json")).stdout).toBe('{"expired":3}\n')
    expect((await run("--json")).stdout).toBe('{"removed":3}\n')
  })

  it.each(["0", "-1", "1.5", "many"])("refuses --batch %s", async (batch) => {
    const { code, stderr } = await run(`--batch=${batch}`)
    expect(code).toBe(64)
    expect(stderr).toContain("--batch")
  })

  it("says what to do when the table is missing", async () => {
    const empty = await server.createDatabase()
    const { code, stderr } = await latchkey(["clearsessions"], { cwd: folder, env: { DATABASE_URL: empty } })
    expect(code).toBe(69)
    expect(stderr).toContain("django_session")
  })

  describe.skipIf(!service("python").available)("at a terminal", () => {
    /** Makes the deletion of each batch take a while. */
    const slowDown = async (seconds: number) => {
      await sql.unsafe(`CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NULL; END $$`)
      await sql.unsafe("CREATE TRIGGER slow AFTER DELETE ON django_session EXECUTE FUNCTION slow()")
    }
    const start = () =>
      latchkeyInTerminal(["clearsessions", "--batch", "100"], { cwd: folder, env: { DATABASE_URL: url } })

    it("shows a bar with rate and time left, on standard error", async () => {
      await fill(400)
      await slowDown(0.1)
      const terminal = start()
      await terminal.until(/\[#+\.+\] \d+ of 400 {2}[\d,]+\/s {2}\d+ s left/)
      expect(await terminal.ended).toEqual({ code: 0, stdout: "removed 400 expired sessions\n" })
      expect(terminal.raw().endsWith("\r\x1b[K")).toBe(true) // the bar is gone
    })

    it("ends after the present batch at Ctrl-C, and says how far it is", async () => {
      await fill(1000)
      await slowDown(0.4)
      const terminal = start()
      await terminal.until(/100 of 1,000/)
      terminal.type(control.c)
      await terminal.until(/stopped: removed \d00 expired sessions of 1,000; run the command again/)
      expect(await terminal.ended).toEqual({ code: 130, stdout: "" })
      const removed = Number(/removed (\d+) expired/.exec(terminal.shown())?.[1])
      expect(removed).toBeGreaterThanOrEqual(200)
      expect(await expired()).toBe(1000 - removed)
      expect(await valid()).toBe(7)
    })

    it("does not wait for the batch at the second Ctrl-C, and the server undoes it", async () => {
      await fill(300)
      await slowDown(120)
      const terminal = start()
      await terminal.until(/0 of 300/)
      await expect
        .poll(async () => (await sql`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`).length)
        .toBe(1)
      const startedAt = performance.now()
      terminal.type(control.c)
      await new Promise((resolve) => setTimeout(resolve, 300))
      terminal.type(control.c)
      expect(await terminal.ended).toEqual({ code: 130, stdout: "" })
      expect(performance.now() - startedAt).toBeLessThan(60_000)
      await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'`
      expect(await expired()).toBe(300)
    })
  })
})
