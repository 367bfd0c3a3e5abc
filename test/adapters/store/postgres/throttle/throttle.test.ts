import * as Effect from "effect/Effect"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { ConfigurationInvalid, StoreUnavailable } from "../../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { ThrottleStore } from "../../../../../src/adapters/ports/throttle-store.ts"
import {
  createClient,
  type PostgresThrottle,
  type PostgresThrottleOptions,
  postgres,
  postgresThrottle
} from "../../../../../src/adapters/store/postgres.ts"
import { policyOf } from "../../../../../src/core/throttle/throttle.ts"
import { throttlePromises } from "../../../../../src/testing/index.ts"
import { patient } from "../../../../rig/patience.ts"
import { startPgbouncer } from "../../../../rig/pgbouncer.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { model } from "../../../request/site.ts"
import { takenByProcesses, throttleStoreContract } from "../../throttle-contract.ts"

const run = Effect.runPromise
const policy = policyOf({ freeFailures: 3, maximumSeconds: 10, forgetSeconds: 100 })
const unreachable = () => postgresThrottle({ url: "postgres://postgres@127.0.0.1:1/postgres" })
const close = (store: ThrottleStore) => ("close" in store ? (store as PostgresThrottle).close() : undefined)

describe.skipIf(!service("postgres").available)("the throttle store on PostgreSQL", () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
    await withTable(server.url)
  })
  afterAll(() => server?.stop())

  const withTable = async (url: string, options: Partial<PostgresThrottleOptions> = {}) => {
    const store = postgresThrottle({ ...patient, url, ...options })
    const steps = await store.createTables()
    await store.close()
    return steps
  }
  const query = async (url: string, text: string) => {
    const db = sql(url, { max: 1, onnotice: () => {} })
    try {
      return [...(await db.unsafe(text))]
    } finally {
      await db.end()
    }
  }

  throttleStoreContract("PostgreSQL", () => postgresThrottle({ ...patient, url: server.url }), { close, unreachable })

  it("counts the attempts of two processes exactly", async () => {
    expect(await takenByProcesses("postgres", server.url, { processes: 2, attempts: 40, free: 30 })).toBe(30)
  })

  describe("with a clock of the database that the test sets", () => {
    /**
     * Functions of these names, which the statements find first. Everything else is that of PostgreSQL, so that each
     * instant can be tried: also a clock that is set back.
     */
    const settable = async (): Promise<() => ThrottleStore> => {
      const url = await server.createDatabase()
      await withTable(url)
      const name = new URL(url).pathname.slice(1)
      await query(
        url,
        `CREATE SCHEMA fake; CREATE TABLE fake.clock (at timestamptz); INSERT INTO fake.clock VALUES (now());
        CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS 'SELECT at FROM fake.clock';
        CREATE FUNCTION fake.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM fake.clock';
        ALTER DATABASE "${name}" SET search_path = fake, pg_catalog, public`
      )
      const db = sql(url, { max: 1, onnotice: () => {} })
      const store = postgresThrottle({ ...patient, url, max: 1 })
      after.push(store.close, () => db.end())
      const at = (now: number) => Effect.promise(() => db`UPDATE fake.clock SET at = ${new Date(now)}`)
      const { clearForgotten, list, settle, take } = store
      if (clearForgotten === undefined || list === undefined) throw new Error("no list")
      return () => ({
        take: (asks, now) => Effect.andThen(at(now), take(asks, now)),
        settle,
        list: (now, keys) => Effect.andThen(at(now), list(now, keys)),
        clearForgotten: (now) => Effect.andThen(at(now), clearForgotten(now))
      })
    }
    const after: Array<() => Promise<void>> = []
    afterAll(async () => {
      for (const end of after) await end()
    })

    it("answers every series of calls as the store in memory, at every instant", async () => {
      const [first] = throttlePromises(await settable(), { clock: "given", series: 100 })
      await first?.check()
    })

    it("keeps the other promises at the instants that it is told", async () => {
      for (const { check, skipped } of throttlePromises(await settable(), { clock: "given", series: 1, unreachable })) {
        expect(skipped).toBeUndefined()
        await check()
      }
    })
  })

  describe("one attempt", () => {
    let url: string
    let store: PostgresThrottle
    const take = (...keys: ReadonlyArray<string>) =>
      run(
        store.take(
          keys.map((key) => ({ key, policy })),
          0
        )
      )
    beforeAll(async () => {
      url = await server.createDatabase()
      await withTable(url)
      store = postgresThrottle({ ...patient, url })
    })
    afterAll(() => store?.close())

    const statementsOf = (call: () => Promise<unknown>) => server.statementsOf(call, url)

    it("is one statement to begin, and at most one to settle, without a transaction", async () => {
      await take("warm", "up")
      expect(await statementsOf(() => take("network:a", "account:a"))).toHaveLength(1)
      for (let at = 0; at < 3; at++) await take("account:b")
      expect(await statementsOf(() => take("account:b"))).toHaveLength(1)
      const settled = await statementsOf(() =>
        run(
          store.settle([
            { _tag: "TakeBack", key: "network:a", until: 0 },
            { _tag: "Reset", key: "account:a" }
          ])
        )
      )
      expect(settled).toHaveLength(1)
      expect(await statementsOf(() => run(store.settle([])))).toEqual([])
      expect(await statementsOf(() => take())).toEqual([])
    })

    it("that has to wait writes nothing", async () => {
      for (let at = 0; at < 3; at++) await take("account:waits")
      const row = () => query(url, "SELECT xmin, xmax, * FROM latchkey_throttle WHERE key = 'account:waits'")
      const before = await row()
      expect((await take("account:waits")).map(({ _tag }) => _tag)).toEqual(["Refused"])
      expect(await row()).toEqual(before)
    })

    it("leaves no row when it is taken back or its user is known", async () => {
      const [network] = await take("network:left", "account:left")
      await run(
        store.settle([
          { _tag: "TakeBack", key: "network:left", until: network?.until ?? 0 },
          { _tag: "Reset", key: "account:left" }
        ])
      )
      expect(await query(url, "SELECT key FROM latchkey_throttle WHERE key LIKE '%:left'")).toEqual([])
    })
  })

  it("locks keys in the order of the attempt: two orders of settling at the same time end", async () => {
    const url = await server.createDatabase()
    await withTable(url)
    const store = postgresThrottle({ ...patient, url })
    const asks = [
      { key: "network:z", policy: { delays: [0], forgetSeconds: 100 } },
      { key: "account:a", policy: { delays: [0], forgetSeconds: 100 } }
    ]
    const before = await query(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    await Promise.all(
      Array.from({ length: 60 }, async () => {
        const answers = await run(store.take(asks, 0))
        await run(
          store.settle([
            { _tag: "TakeBack", key: "network:z", until: answers[0]?.until ?? 0 },
            { _tag: "Reset", key: "account:a" }
          ])
        )
      })
    )
    expect(await query(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")).toEqual(
      before
    )
    expect(await query(url, "SELECT key FROM latchkey_throttle")).toEqual([])
    await store.close()
  })

  it("lists the keys whose attempts wait longest first, at most a thousand", async () => {
    const url = await server.createDatabase()
    await withTable(url)
    const store = postgresThrottle({ ...patient, url })
    await query(
      url,
      `INSERT INTO latchkey_throttle SELECT 'account:' || i, i, now() + i * interval '1 s', now() + interval '1 day', 1
      FROM generate_series(1, 1500) i`
    )
    const listed = (await run(store.list?.(0) ?? Effect.die("no list"))).map(({ failures }) => failures)
    expect(listed).toEqual(Array.from({ length: 1000 }, (_, at) => 1500 - at))
    expect((await run(store.list?.(0, ["account:3", "account:x"]) ?? Effect.die("no list")))[0]).toMatchObject({
      ...{ key: "account:3", failures: 3 },
      until: expect.closeTo(Date.now() + 3000, -4)
    })
    await store.close()
  })

  it("removes forgotten keys in batches of a thousand", async () => {
    const url = await server.createDatabase()
    await withTable(url)
    const store = postgresThrottle({ ...patient, url })
    await query(
      url,
      `INSERT INTO latchkey_throttle
      SELECT 'account:' || i, 1, 'epoch', now() + CASE WHEN i > 2500 THEN 1 ELSE -1 END * interval '1 hour', 1
      FROM generate_series(1, 2510) i`
    )
    const statements = await server.statementsOf(async () => {
      expect(await run(store.clearForgotten?.(0) ?? Effect.die("no clear"))).toBe(2500)
    }, url)
    expect(statements).toHaveLength(3)
    expect(await query(url, "SELECT count(*)::int AS left FROM latchkey_throttle")).toEqual([{ left: 10 }])
    await store.close()
  })

  describe("the table", () => {
    it("is made by createTables and by the application, in the schema and under the name of the options", async () => {
      const url = await server.createDatabase()
      expect(await withTable(url)).toMatchObject([
        {
          app: undefined,
          tables: ["latchkey_throttle"],
          state: "missing",
          message: "latchkey_throttle does not exist: created"
        }
      ])
      expect(await withTable(url)).toMatchObject([{ state: "complete", statements: [] }])
      await withTable(url, { schema: "tenant", table: "attempts" })
      const pg = postgres({ ...patient, url })
      const auth = createAuth({
        secretKey: "secret-key",
        sessions: pg.sessions,
        backends: { [model]: modelBackend(pg.users) },
        throttle: { store: postgresThrottle({ client: pg.client, table: "public.third" }) }
      })
      expect((await auth.createTables({ dryRun: true })).at(-1)).toMatchObject({
        tables: ["public.third"],
        statements: [expect.stringContaining("CREATE TABLE"), expect.stringContaining("CREATE INDEX")]
      })
      await auth.createTables()
      await pg.close()
      expect(
        await query(
          url,
          `SELECT table_schema || '.' || table_name AS name FROM information_schema.columns
          WHERE column_name = 'taken_in' ORDER BY 1`
        )
      ).toEqual([{ name: "public.latchkey_throttle" }, { name: "public.third" }, { name: "tenant.attempts" }])
    })

    it("is made once by processes that start at the same time, beside Django's tables", async () => {
      const url = await server.createDatabase()
      const pg = postgres({ ...patient, url })
      const plans = await Promise.all([pg.createTables(), ...Array.from({ length: 4 }, () => withTable(url))])
      await pg.close()
      expect(plans.slice(1).filter(([step]) => step?.state === "missing")).toHaveLength(1)
    })

    it("that does not exist makes every attempt unavailable, and the login an outage", async () => {
      const url = await server.createDatabase()
      const pg = postgres({ ...patient, url })
      await pg.createTables()
      const auth = createAuth({
        secretKey: "secret-key",
        sessions: pg.sessions,
        backends: { [model]: modelBackend(pg.users) },
        hashers: [pbkdf2Sha256({ iterations: 1 })],
        throttle: { store: postgresThrottle({ client: pg.client }) }
      })
      await auth.createUser({ username: "alice", password: "alice's" })
      const { context } = auth.open({
        ...{ method: "GET", target: "/", headers: [] },
        transport: { secure: false, serverName: "localhost", serverPort: "80" }
      })
      await expect(context.authenticate({ username: "alice", password: "alice's" })).rejects.toBeInstanceOf(
        StoreUnavailable
      )
      await pg.close()
    })
  })

  describe("two processes of an application", () => {
    const address = "203.0.113.7"
    const open = async () => {
      const url = await server.createDatabase()
      const process = () => {
        const pg = postgres({ ...patient, url })
        const auth = createAuth({
          secretKey: "secret-key",
          sessions: pg.sessions,
          backends: { [model]: modelBackend(pg.users) },
          hashers: [pbkdf2Sha256({ iterations: 1 })],
          throttle: { store: postgresThrottle({ client: pg.client }) }
        })
        const logIn = async (password: string, clientAddress = address) => {
          const { context } = auth.open({
            ...{ method: "GET", target: "/", headers: [] },
            transport: { secure: false, serverName: "localhost", serverPort: "80", clientAddress }
          })
          return (await context.authenticate({ username: "margarethe", password })) !== undefined
        }
        return { auth, logIn, pg }
      }
      const processes = [process(), process()] as const
      await processes[0].auth.createTables()
      await processes[0].auth.createUser({ username: "margarethe", password: "right" })
      return { processes, url, close: () => Promise.all(processes.map(({ pg }) => pg.close())) }
    }

    it("refuse the right password together, and take it again after a reset by one of them", async () => {
      const { close, processes } = await open()
      const [one, other] = processes
      for (let at = 0; at < 8; at++) await processes[at % 2 === 0 ? 0 : 1].logIn("no", `198.51.100.${at}`)
      const answers = [await one.logIn("right"), await other.logIn("right")]
      // The first delay is one second: a slow machine may have waited for it.
      const [key] = await one.auth.listThrottled({ username: "margarethe" })
      if (key !== undefined && key.until > Date.now()) expect(answers).toEqual([false, false])
      expect(key?.failures).toBeGreaterThanOrEqual(5)
      expect(await other.auth.resetThrottle({ username: "margarethe" })).toBe(1)
      expect(await one.logIn("right")).toBe(true)
      await close()
    })

    it("pay one statement for a wrong password, and two for a right one", async () => {
      const { close, processes, url } = await open()
      const { logIn } = processes[0]
      await logIn("right")
      const statements = async (password: string) => {
        const all = await server.statementsOf(() => logIn(password), url)
        return { all: all.length, ofThrottle: all.filter((text) => text.startsWith("WITH")).length }
      }
      expect(await statements("no")).toEqual({ all: 2, ofThrottle: 1 })
      expect(await statements("right")).toEqual({ all: 3, ofThrottle: 2 })
      await close()
    })

    it("answer an outage as such, and check no password", async () => {
      const { close, processes, url } = await open()
      const [{ logIn }] = processes
      expect(await logIn("right")).toBe(true)
      const name = new URL(url).pathname.slice(1)
      await query(server.url, `ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`)
      await query(server.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
      for (const password of ["right", "no"]) await expect(logIn(password)).rejects.toBeInstanceOf(StoreUnavailable)
      await query(server.url, `ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`)
      expect(await logIn("right")).toBe(true)
      await close()
    })
  })

  it("stores neither a user name nor an address", async () => {
    const url = await server.createDatabase()
    const pg = postgres({ ...patient, url })
    const auth = createAuth({
      secretKey: "secret-key",
      sessions: pg.sessions,
      backends: { [model]: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      throttle: { store: postgresThrottle({ client: pg.client }) }
    })
    await auth.createTables()
    const { context } = auth.open({
      ...{ method: "GET", target: "/", headers: [] },
      transport: { secure: false, serverName: "localhost", serverPort: "80", clientAddress: "203.0.113.7" }
    })
    expect(await context.authenticate({ username: "margarethe", password: "no" })).toBeUndefined()
    const rows = await query(url, "SELECT * FROM latchkey_throttle ORDER BY key")
    expect(rows.map(({ key }) => key.split(":")[0])).toEqual(["account", "network"])
    expect(JSON.stringify(rows)).not.toMatch(/margarethe|203\.0\.113/)
    await pg.close()
  })

  describe.skipIf(!service("pgbouncer").available)("behind PgBouncer in transaction mode", () => {
    let bouncer: Awaited<ReturnType<typeof startPgbouncer>>
    beforeAll(async () => {
      bouncer = await startPgbouncer(server)
    })
    afterAll(() => bouncer?.stop())

    throttleStoreContract(
      "PgBouncer",
      () => postgresThrottle({ ...patient, url: bouncer.through(server.url), pooler: true }),
      {
        close,
        unreachable,
        series: 50
      }
    )
  })

  it("refuses options that it does not have, and a client that it did not make", async () => {
    const client = createClient({ ...patient, url: server.url })
    const problems = (options: object) => {
      try {
        postgresThrottle(Object(options))
        return "accepted"
      } catch (cause) {
        return cause instanceof ConfigurationInvalid ? cause.problems.join("; ") : String(cause)
      }
    }
    expect(problems({ client, max: 3 })).toBe("max has no effect together with client; pass it to createClient")
    expect(problems({ client: {} })).toContain("client: write a client that createClient of latchkey/postgres has made")
    expect(problems({ url: server.url, tabel: "a" })).toContain("did you mean table?")
    expect(problems({ url: server.url, table: 'a"b' })).toContain("table: not a table name")
    await client.close()
  })
})
