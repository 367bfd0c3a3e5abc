/**
 * Ctrl-C while a command writes, in a terminal and on a real database: another connection holds a lock, so that the
 * command waits in the midst of its statements. What it writes is written completely or not at all.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import postgresJs from "postgres"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { latchkey, latchkeyInTerminal } from "../rig/command.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { control, type InTerminal } from "../rig/pseudo-terminal.ts"
import { longSuite, service } from "../rig/services.ts"

const root = join(import.meta.dirname, "../..")
const isAvailable = [longSuite(), service("postgres"), service("python")].every(({ available }) => available)

/** A command, the table whose lock it waits for, and what it has written: `before` or `after`, and nothing between. */
interface Write {
  readonly args: ReadonlyArray<string>
  readonly locked: string
  readonly written: string
  readonly before: unknown
  readonly after: unknown
  /** What it reports when everything is written. */
  readonly report: RegExp
}

const count = (table: string, condition: string): string =>
  `SELECT count(*)::int AS value FROM ${table} WHERE ${condition}`

const writes: ReadonlyArray<Write> = [
  {
    args: ["createsuperuser", "root"],
    locked: "auth_user",
    written: count("auth_user", "username = 'root' AND is_superuser AND password LIKE 'pbkdf2%'"),
    before: 0,
    after: 1,
    report: /created the superuser root/
  },
  {
    args: ["changepassword", "alice"],
    locked: "auth_user",
    written: count("auth_user", "username = 'alice' AND password LIKE 'pbkdf2%'"),
    before: 0,
    after: 1,
    report: /changed the password of alice/
  },
  {
    // The group is created before the permission is granted, and the user joins after that.
    args: ["grant", "auth.add_user", "--user", "alice", "--join", "editors", "--create-group"],
    locked: "auth_user_user_permissions",
    written: `SELECT array[(SELECT count(*) FROM auth_group), (SELECT count(*) FROM auth_user_user_permissions),
      (SELECT count(*) FROM auth_user_groups)]::int[] AS value`,
    before: [0, 0, 0],
    after: [1, 1, 1],
    report: /granted to the user "alice": auth\.add_user, membership of editors/
  },
  {
    args: ["clearsessions", "--batch", "1000"],
    locked: "django_session",
    written: count("django_session", "session_key LIKE 'expired%'"),
    before: 250,
    after: 0,
    report: /removed 250 expired sessions/
  }
]

describe.skipIf(!isAvailable)("Ctrl-C while a command writes", () => {
  let server: PostgresServer
  let url: string
  let sql: postgresJs.Sql
  let blocker: postgresJs.Sql
  const folder = mkdtempSync(join(tmpdir(), "latchkey-interrupt-"))

  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    sql = postgresJs(url, { max: 1, onnotice: () => undefined })
    blocker = postgresJs(url, { max: 1, onnotice: () => undefined })
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(root, join(folder, "node_modules", "latchkey"))
    writeFileSync(
      join(folder, "auth.ts"),
      `import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
      import { postgres } from "latchkey/postgres"
      const deadlineSeconds = Number(process.env.DEADLINE)
      const pg = postgres({ url: process.env.DATABASE_URL, deadlineSeconds, operationDeadlineSeconds: deadlineSeconds })
      export const auth = createAuth({ secretKey: "${"z".repeat(50)}", sessions: pg.sessions,
        backends: { m: modelBackend(pg.users) }, hashers: [pbkdf2Sha256({ iterations: 1 })] })`
    )
    expect((await latchkey(["migrate"], { cwd: folder, env: { DATABASE_URL: url, DEADLINE: "60" } })).code).toBe(0)
  })
  afterAll(async () => {
    await Promise.all([sql?.end(), blocker?.end()])
    await server?.stop()
    rmSync(folder, { recursive: true })
  })
  beforeEach(async () => {
    await sql`TRUNCATE auth_user, auth_group, django_session CASCADE`
    await sql`INSERT INTO auth_user (username, password, first_name, last_name, email, is_staff, is_superuser, is_active,
      date_joined) VALUES ('alice', '!', '', '', '', false, false, true, now())`
    await sql`INSERT INTO django_session SELECT 'expired' || n, 'x', now() - interval '1 day' FROM generate_series(1, 250) n`
  })

  afterEach(() => release())

  /** @param deadline how long a statement may wait for a lock, in seconds */
  const start = (args: ReadonlyArray<string>, database = url, deadline = 60): InTerminal =>
    latchkeyInTerminal(args, { cwd: folder, env: { DATABASE_URL: database, DEADLINE: String(deadline) } })

  /** Answers the questions for a new password. */
  const answer = async (terminal: InTerminal, [command = ""]: ReadonlyArray<string>): Promise<void> => {
    if (!["createsuperuser", "changepassword"].includes(command)) return
    for (const question of [/Password/, /Password \(again\)/]) {
      await terminal.until(question)
      terminal.type(`correct horse battery${control.enter}`)
    }
  }

  /** Holds the lock of a table against writers, not against readers. */
  const lock = (table: string) => blocker.unsafe(`BEGIN; LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`).simple()
  const release = () => blocker`ROLLBACK`

  const waiting = async (): Promise<number> =>
    (
      await sql`SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
    ).length
  const value = async (query: string): Promise<unknown> => (await sql.unsafe(query))[0]?.["value"]
  /** Waits until the server has nothing to do for the command any more: no statement, no transaction, no lock. */
  const atRest = () =>
    expect
      .poll(
        async () =>
          (
            await sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_type = 'client backend' AND (state <> 'idle')`
          ).length,
        { timeout: 30_000 }
      )
      .toBe(0)

  /** Starts the command, and waits until it waits for the lock. */
  const startWaiting = async ({ args, locked }: Write, deadline?: number): Promise<InTerminal> => {
    await lock(locked)
    const terminal = start(args, url, deadline)
    await answer(terminal, args)
    await expect.poll(waiting, { timeout: 30_000 }).toBe(1)
    await sleep(300) // until the last question has left the terminal's raw mode, in which Ctrl-C is a key
    return terminal
  }

  it.each(writes)("$args.0 writes everything after one Ctrl-C, and reports it", async (write) => {
    const terminal = await startWaiting(write)
    terminal.type(control.c)
    await terminal.until(/\^C/)
    await release()
    const { code, stdout } = await terminal.ended
    expect(code).toBe(130)
    expect(stdout + terminal.shown()).toMatch(write.report)
    expect(await value(write.written)).toEqual(write.after)
    await atRest()
  })

  it.each(writes)("$args.0 writes nothing after one Ctrl-C if the lock is not released", async (write) => {
    const terminal = await startWaiting(write, 3)
    terminal.type(control.c)
    expect(await terminal.ended).toEqual({ code: 130, stdout: "" })
    await release()
    await atRest()
    expect(await value(write.written)).toEqual(write.before)
  })

  it.each(writes)("$args.0 ends immediately at the second Ctrl-C, and leaves nothing half done", async (write) => {
    const terminal = await startWaiting(write)
    terminal.type(control.c)
    await terminal.until(/\^C/)
    terminal.type(control.c)
    expect(await terminal.ended).toEqual({ code: 130, stdout: "" })
    await release()
    await atRest()
    // The server completes the statement that it has begun, or undoes it.
    expect([write.before, write.after]).toContainEqual(await value(write.written))
  })

  describe("migrate", () => {
    let empty: string
    let other: postgresJs.Sql
    beforeEach(async () => {
      empty = await server.createDatabase()
      other = postgresJs(empty, { max: 1, onnotice: () => undefined })
      // Each statement that creates something takes a while.
      await other.unsafe(`CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.04); END $$`)
      await other.unsafe("CREATE EVENT TRIGGER slow ON ddl_command_end EXECUTE FUNCTION slow()")
    })
    afterEach(() => other.end())

    const tables = async () =>
      (await other`SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'latchkey_throttle'`).length
    const sleeping = async () =>
      (await other`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`).length
    const quiet = () =>
      expect
        .poll(
          async () =>
            (
              await other`SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
              AND backend_type = 'client backend' AND state <> 'idle'`
            ).length + (await other`SELECT FROM pg_locks WHERE locktype = 'advisory'`).length,
          { timeout: 30_000 }
        )
        .toBe(0)
    const inTheMidst = async (): Promise<InTerminal> => {
      const terminal = start(["migrate"], empty)
      await expect.poll(sleeping, { timeout: 30_000, interval: 5 }).toBe(1)
      await sleep(200)
      return terminal
    }

    it("creates all tables after one Ctrl-C, and reports them", async () => {
      const terminal = await inTheMidst()
      expect(await tables()).toBe(0)
      terminal.type(control.c)
      const { code, stdout } = await terminal.ended
      expect([code, await tables()]).toEqual([130, 9])
      expect(stdout).toContain("the app sessions: django_session does not exist: created")
      await quiet()
    })

    it("creates all tables or none at the second Ctrl-C, and can be repeated", async () => {
      const terminal = await inTheMidst()
      terminal.type(control.c)
      await terminal.until(/\^C/)
      terminal.type(control.c)
      expect(await terminal.ended).toEqual({ code: 130, stdout: "" })
      await quiet()
      expect([0, 9]).toContain(await tables())
      expect((await latchkey(["migrate"], { cwd: folder, env: { DATABASE_URL: empty, DEADLINE: "60" } })).code).toBe(0)
      expect(await tables()).toBe(9)
    })
  })

  describe("init", () => {
    it.each([1, 2])("writes all files or none after %i Ctrl-C that come with the answer", async (times) => {
      const application = mkdtempSync(join(folder, "init-"))
      writeFileSync(join(application, "package.json"), '{"type":"module","dependencies":{"koa":"*"}}')
      const terminal = latchkeyInTerminal(["init", "--sessions", "postgres"], { cwd: application })
      await terminal.until(/Write these files\?/)
      terminal.type(`y${control.c.repeat(times)}`)
      expect([0, 130]).toContain((await terminal.ended).code)
      const files = readdirSync(application).sort()
      expect([["package.json"], [".env", ".gitignore", "auth.ts", "package.json", "server.ts"]]).toContainEqual(files)
    })
  })
})
