import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { ConfigurationInvalid, type StoreUnavailable } from "../../../../../src/adapters/errors/errors.ts"
import {
  type Client,
  type ClientOptions,
  createClient,
  isClient,
  type Manner
} from "../../../../../src/adapters/store/postgres/connection/client.ts"
import { prepare, type Statement } from "../../../../../src/adapters/store/postgres/connection/statement.ts"
import { type PostgresOptions, type PostgresStores, postgres } from "../../../../../src/adapters/store/postgres.ts"
import type { SessionKey } from "../../../../../src/core/session-key.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { startProxy, type TcpProxy } from "../../../../rig/tcp-proxy.ts"
import { freshKey } from "../../session-calls.ts"

const NOW = Date.UTC(2026, 0, 1)
const LATER = NOW + 86_400_000
const TEXT = "the-secret-text"

const sleep = prepare("SELECT pg_sleep(?)")
const one = prepare("SELECT ?::int AS x")

const freshNumber = () => Math.floor(Math.random() * 2 ** 31)

const timed = async <A>(run: Promise<A>): Promise<readonly [answer: A, seconds: number]> => {
  const since = performance.now()
  const answer = await run
  return [answer, (performance.now() - since) / 1000]
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Until this process has read what has arrived on its sockets. A timer may be due before that on a busy machine. */
const heard = () => new Promise((resolve) => setImmediate(resolve))

describe.skipIf(!service("postgres").available)("the PostgreSQL client", () => {
  let server: PostgresServer
  let proxy: TcpProxy
  let key: SessionKey

  beforeAll(async () => {
    server = await startPostgres()
    proxy = await startProxy(server)
    const pg = postgres({ url: server.url })
    await pg.createTables()
    await pg.close()
  })
  afterAll(async () => {
    await proxy?.close()
    await server?.stop()
  })

  const direct = async (text: string): Promise<SessionKey> => {
    const pg = postgres({ url: server.url, max: 1, ...patient })
    const fresh = freshKey()
    await Effect.runPromise(pg.sessions.commit({ _tag: "Insert", key: fresh, text, expiresAt: LATER }, NOW))
    await pg.close()
    return fresh
  }
  beforeEach(async () => {
    await proxy.heal()
    key = await direct(TEXT)
  })

  const stores = (options: PostgresOptions = {}) => postgres({ url: proxy.through(server.url), max: 4, ...options })
  const load = (pg: PostgresStores<unknown>, which = key) =>
    Effect.runPromise(Effect.result(pg.sessions.load(which, NOW)))
  const write = (pg: PostgresStores<unknown>, text = TEXT) =>
    Effect.runPromise(
      Effect.result(pg.sessions.commit({ _tag: "Update", key, was: undefined, text, expiresAt: LATER }, NOW))
    )
  /** Opens all connections by writes in parallel. */
  const warm = (pg: PostgresStores<unknown>) => Promise.all(Array.from({ length: 4 }, () => write(pg)))
  const textFound = (text: string) => Result.succeed({ _tag: "SessionFound", text, prefetched: undefined })
  const found = textFound(TEXT)
  const outage = (answer: Result.Result<unknown, StoreUnavailable>) =>
    Result.isFailure(answer) ? answer.failure._tag : answer.success

  describe("when the network fails", () => {
    it("fails before the deadline while connections are refused, and works again afterwards", async () => {
      const pg = stores(patient)
      await warm(pg)
      await proxy.refuse()
      for (const ask of [() => load(pg), () => write(pg)]) {
        const [answer, seconds] = await timed<Result.Result<unknown, StoreUnavailable>>(ask())
        expect(outage(answer)).toBe("StoreUnavailable")
        expect(seconds).toBeLessThan(10)
      }
      await proxy.heal()
      expect(await load(pg)).toEqual(found)
      await pg.close()
    })

    it("fails within the deadline while no data arrives, and works again afterwards", async () => {
      const pg = stores()
      await warm(pg)
      proxy.freeze()
      const answers = await Promise.all([timed(load(pg)), timed(load(pg)), timed(write(pg)), timed(write(pg))])
      for (const [answer, seconds] of answers) {
        expect(outage(answer)).toBe("StoreUnavailable")
        expect(seconds).toBeLessThan(3 + 3) // the rest is for a busy machine
      }
      await proxy.heal()
      expect(await load(pg)).toEqual(found)
      expect(Result.isSuccess(await write(pg))).toBe(true)
      await pg.close()
    })

    it("waits one deadline in all, not one per connection, when all connections were silently dropped", async () => {
      const pg = stores({ ...patient, deadlineSeconds: 3 })
      await warm(pg)
      proxy.forget()
      const [answer, seconds] = await timed(load(pg))
      expect(answer).toEqual(found)
      expect(seconds).toBeGreaterThan(2.9)
      expect(seconds).toBeLessThan(6)
      const [answers, afterwards] = await timed(Promise.all(Array.from({ length: 8 }, () => write(pg))))
      expect(answers.every(Result.isSuccess)).toBe(true)
      expect(afterwards).toBeLessThan(3)
      await pg.close()
    })

    it("loses one write, not one per connection, when all connections were silently dropped", async () => {
      const pg = stores({ ...patient, deadlineSeconds: 3 })
      await warm(pg)
      proxy.forget()
      expect(outage(await write(pg))).toBe("StoreUnavailable")
      const [answers, seconds] = await timed(Promise.all(Array.from({ length: 8 }, () => write(pg))))
      expect(answers.every(Result.isSuccess)).toBe(true)
      expect(seconds).toBeLessThan(3)
      await pg.close()
    })

    it("sends no read behind one that still waits, when its connection and another one were silently dropped", async () => {
      const client = createClient({ ...patient, url: proxy.through(server.url), max: 2, deadlineSeconds: 4 })
      const ask = (x: number, manner: Manner) =>
        Effect.runPromise(Effect.result(Effect.map(client.run(one(x), manner), ([row]) => row?.["x"])))
      await Promise.all([ask(1, "once"), ask(2, "once")])
      proxy.forget()
      const writing = ask(3, "once")
      await pause(2500)
      const reading = ask(4, "read")
      expect(await writing).toMatchObject(Result.fail({ code: "SILENT" }))
      // The read that waits has more than two seconds left.
      const [answer, seconds] = await timed(ask(5, "read"))
      expect(answer).toEqual(Result.succeed(5))
      expect(seconds).toBeLessThan(2)
      expect(await reading).toEqual(Result.succeed(4))
      await client.close()
    })

    it("keeps connections that have answered since another one became silent, and ends no statement on them", async () => {
      // Behind a pooler the server has no timeout of its own.
      const client = createClient({ ...patient, url: server.url, max: 4, deadlineSeconds: 4, pooler: true })
      // Without parameters, so that the server sends nothing before the answer.
      const pid = (seconds: number) => prepare(`SELECT pg_backend_pid() AS pid FROM pg_sleep(${seconds})`)()
      const ask = (seconds: number) =>
        Effect.runPromise(Effect.map(client.run(pid(seconds), "once"), ([row]) => row?.["pid"]))
      const known = await Promise.all([ask(0.2), ask(0.2), ask(0.2)])
      const silent = Effect.runPromise(Effect.flip(client.run(pid(8), "once")))
      await pause(1500)
      const slow = ask(3.5)
      const answered = await ask(0)
      expect(await silent).toMatchObject({ code: "SILENT" })
      expect(await ask(0)).toBe(answered)
      expect(known).toContain(await slow)
      await client.close()
    })

    it("repeats a read whose connection was reset, and never a write", async () => {
      const pg = stores({ ...patient, max: 1 })
      await warm(pg)
      // The statement is prepared now, so the server runs the next one although its answer is lost.
      await write(pg)
      proxy.muteAnswers()
      const reading = load(pg)
      await pause(100)
      const reset = async () => {
        proxy.reset()
        await proxy.heal()
      }
      await reset()
      expect(await reading).toEqual(found)

      await write(pg)
      proxy.muteAnswers()
      const watching = postgres({ url: server.url, ...patient })
      const statements = await server.statementsOf(async () => {
        const writing = write(pg, "written")
        await expect.poll(() => load(watching)).toEqual(textFound("written"))
        await reset()
        expect(outage(await writing)).toBe("StoreUnavailable")
      })
      expect(statements.filter((statement) => statement.startsWith("UPDATE"))).toHaveLength(1)
      expect(await load(pg)).toEqual(textFound("written"))
      await Promise.all([pg.close(), watching.close()])
    })

    it("uses a new connection for the first statement after idle ones were reset", async () => {
      const pg = stores(patient)
      await warm(pg)
      proxy.reset()
      await pause(50)
      await heard()
      expect(Result.isSuccess(await write(pg))).toBe(true)
      await pg.close()
    })

    it("opens few connections to a server that closes each of them", async () => {
      const pg = stores(patient)
      proxy.hangUp()
      const before = proxy.accepted()
      const [answer, seconds] = await timed(load(pg))
      expect(outage(answer)).toBe("StoreUnavailable")
      expect(seconds).toBeLessThan(10)
      await pause(500)
      expect(proxy.accepted() - before).toBeLessThanOrEqual(2)
      await proxy.heal()
      expect(await load(pg)).toEqual(found)
      await pg.close()
    })

    it("waits for a slow network within the deadline", async () => {
      const pg = stores({ ...patient, deadlineSeconds: 2, connectTimeoutSeconds: 2 })
      await warm(pg)
      proxy.delay(300)
      const [answer, seconds] = await timed(load(pg))
      expect(answer).toEqual(found)
      expect(seconds).toBeGreaterThan(0.5)
      proxy.delay(1500)
      expect(outage(await load(pg))).toBe("StoreUnavailable")
      await proxy.heal()
      expect(await load(pg)).toEqual(found)
      await pg.close()
    })

    it("never answers with another session while connections break again and again", async () => {
      const pg = stores()
      const keys = await Promise.all(
        Array.from({ length: 12 }, async (_, i) => [await direct(`text ${i}`), i] as const)
      )
      const breaking = setInterval(proxy.reset, 50)
      const wrong: Array<unknown> = []
      let right = 0
      const until = performance.now() + 2500
      await Promise.all(
        keys.map(async ([each, i]) => {
          while (performance.now() < until || right < 50) {
            const answer = await load(pg, each)
            if (Result.isFailure(answer)) continue
            if (answer.success._tag === "SessionFound" && answer.success.text === `text ${i}`) right++
            else wrong.push(answer.success)
          }
        })
      )
      clearInterval(breaking)
      expect(wrong).toEqual([])
      expect(await load(pg)).toEqual(found)
      await pg.close()
    })

    it("applies operationDeadlineSeconds to the whole operation, also if its steps have a longer deadline", async () => {
      const pg = stores({ ...patient, operationDeadlineSeconds: 0.5 })
      await warm(pg)
      proxy.freeze()
      const [answer, seconds] = await timed(load(pg))
      expect(outage(answer)).toBe("StoreUnavailable")
      expect(seconds).toBeLessThan(15)
      await proxy.heal()
      await pg.close()
    })
  })

  describe("when the server is slow", () => {
    it("reports the server's own timeout and keeps the connection", async () => {
      // The server's limit is four fifths of the client's.
      const client = createClient({ ...patient, url: proxy.through(server.url), max: 1, deadlineSeconds: 4 })
      await Effect.runPromise(client.run(one(1), "once"))
      const before = proxy.accepted()
      const failure = await Effect.runPromise(Effect.flip(client.run(sleep(20), "once")))
      expect(failure).toMatchObject({ code: "57014", fate: "outage" })
      expect([...(await Effect.runPromise(client.run(one(2), "once")))]).toEqual([{ x: 2 }])
      expect(proxy.accepted()).toBe(before)
      await client.close()
    })

    it("does not time out when its own event loop was blocked and the answer has arrived", async () => {
      const client = createClient({ url: server.url, max: 1 })
      await Effect.runPromise(client.run(one(1), "once"))
      const answer = Effect.runPromise(client.run(sleep(0.1), "once"))
      await pause(30)
      // The answer arrives while the event loop is blocked, so the timer is due before the answer is read.
      await new Promise((resolve) => setImmediate(resolve))
      const until = performance.now() + 1500
      while (performance.now() < until);
      expect((await answer).count).toBe(1)
      await client.close()
    })

    it("behind a pooler, does not send a write whose deadline passed while another statement was awaited", async () => {
      const pooled = { ...patient, url: server.url, max: 1, pooler: true }
      // Eight times in `deadlineSeconds`, the client looks which statements have waited too long.
      const client = createClient({ ...pooled, deadlineSeconds: 4, operationDeadlineSeconds: 0.5 })
      const lock = freshNumber()
      const taken = prepare("SELECT pg_advisory_lock(?)")(lock)
      await Effect.runPromise(client.run(one(1), "once"))
      const answers = [sleep(2), taken].map((statement) =>
        Effect.runPromise(Effect.flip(client.run(statement, "once")))
      )
      for (const failure of await Promise.all(answers)) expect(failure).toMatchObject({ code: "TOO_LATE" })
      const later = createClient({ ...pooled, operationDeadlineSeconds: 20 })
      // Answered after everything that this connection has sent.
      await expect
        .poll(async () => Effect.runPromise(Effect.result(client.run(one(1), "once"))), { timeout: 10_000 })
        .toMatchObject({ _tag: "Success" })
      const held = prepare("SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory' AND objid = ?")
      expect([...(await Effect.runPromise(later.run(held(lock), "once")))]).toEqual([{ held: 0 }])
      await Promise.all([client.close(), later.close()])
    })

    it("opens another connection when the administrator ended one", async () => {
      const client = createClient({ ...patient, url: server.url, max: 1 })
      const pid = async () => [
        ...(await Effect.runPromise(client.run(prepare("SELECT pg_backend_pid() AS pid")(), "once")))
      ]
      const [first] = await pid()
      const other = createClient({ ...patient, url: server.url, max: 1 })
      // It waits until the process has ended.
      const ended = prepare("SELECT pg_terminate_backend(?, 20000) AS ended")(Number(first?.["pid"]))
      expect([...(await Effect.runPromise(other.run(ended, "once")))]).toEqual([{ ended: true }])
      await pause(50)
      await heard()
      const [second] = await pid()
      expect(second).not.toEqual(first)
      await Promise.all([client.close(), other.close()])
    })
  })

  it("tells every waiting caller why the server refused the connection", async () => {
    const client = createClient({ url: server.url.replace(/postgres$/, "no_such_database"), max: 1, ...patient })
    const asked = Array.from({ length: 3 }, () => Effect.runPromise(Effect.flip(client.run(one(1), "repeatable"))))
    for (const failure of await Promise.all(asked))
      expect(failure).toMatchObject({ code: "3D000", fate: "configuration" })
    expect(await Effect.runPromise(Effect.flip(client.run(one(1), "once")))).toMatchObject({ code: "3D000" })
    await client.close()
  })

  it("opens at most `max` connections, and none before the first statement", async () => {
    const before = proxy.accepted()
    const pg = stores({ ...patient, max: 3, sessions: { batchReads: false } })
    expect(proxy.accepted()).toBe(before)
    const answers = await Promise.all(Array.from({ length: 200 }, () => load(pg)))
    expect(answers.every((answer) => Result.isSuccess(answer))).toBe(true)
    expect(proxy.accepted() - before).toBe(3)
    await pg.close()
  })

  describe("with several statements at the same time", () => {
    const pid = prepare("SELECT pg_backend_pid() AS pid")
    const read = (client: Client) => Effect.runPromise(Effect.map(client.run(pid(), "read"), ([row]) => row?.["pid"]))
    const readers = async (client: Client, many: number) => {
      const pids = await Promise.all(Array.from({ length: many }, () => read(client)))
      return [...new Set(pids)].map((one) => pids.filter((other) => other === one).length)
    }

    it("sends up to sixteen reads on one connection before it uses the next", async () => {
      const client = createClient({ ...patient, url: server.url, max: 3 })
      expect(await readers(client, 16)).toEqual([16])
      expect(await readers(client, 40)).toEqual([16, 16, 8])
      expect((await readers(client, 90)).length).toBe(3)
      await client.close()
    })

    it("sends reads on all connections behind a pooler, because none is sent before the last one is answered", async () => {
      const client = createClient({ ...patient, url: server.url, max: 3, pooler: true })
      expect(await readers(client, 6)).toEqual([2, 2, 2])
      await client.close()
    })

    it("behind a pooler, sends a statement together with its parameters, and the next one after the answer", async () => {
      const client = createClient({ ...patient, url: proxy.through(server.url), max: 1, pooler: true })
      const watching = createClient({ ...patient, url: server.url, max: 1 })
      const lock = (key: number) => Effect.runPromise(client.run(prepare("SELECT pg_advisory_lock(?)")(key), "once"))
      const locks = async () => {
        const held = prepare("SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory'")
        return [...(await Effect.runPromise(watching.run(held(), "read")))]
      }
      await Effect.runPromise(client.run(one(1), "once"))
      proxy.muteAnswers()
      const locking = [lock(1), lock(2)]
      await expect.poll(locks).toEqual([{ held: 1 }])
      await pause(200)
      expect(await locks()).toEqual([{ held: 1 }])
      await proxy.heal()
      await Promise.all(locking)
      expect(await locks()).toEqual([{ held: 2 }])
      await Promise.all([client.close(), watching.close()])
    })

    const kept = "keeps a connection for reads and logouts while other statements hold the rest"
    it.each([
      [kept, false],
      [`${kept}, behind a pooler`, true]
    ])("%s", async (_, pooler) => {
      const ending = await Promise.all(Array.from({ length: 4 }, () => direct(TEXT)))
      const client = createClient({ ...patient, url: server.url, max: 3, pooler })
      const pg = postgres({ client, sessions: { batchReads: false } })
      let isHeld = true
      const hold = async () => {
        await Effect.runPromise(client.run(sleep(4), "once"))
        isHeld = false
      }
      const holding = Promise.all(Array.from({ length: 4 }, hold))
      const logout = async (which: SessionKey) => {
        expect(await load(pg, which)).toEqual(found)
        await Effect.runPromise(pg.sessions.commit({ _tag: "Delete", key: which }, NOW))
        expect(await load(pg, which)).toEqual(Result.succeed({ _tag: "SessionAbsent" }))
      }
      await Promise.all(ending.map(logout))
      expect(isHeld).toBe(true)
      await holding
      await client.close()
    })

    const directly = "sends no read behind a write that may wait for a lock, and no such write behind a read"
    it.each([
      [directly, false],
      [`${directly}, behind a pooler`, true]
    ])("%s", async (_, pooler) => {
      const client = createClient({ ...patient, url: server.url, max: 2, pooler })
      const holder = createClient({ ...patient, url: server.url, max: 1 })
      const locked = prepare("SELECT pg_advisory_lock(1)")()
      const unlocked = prepare("SELECT pg_advisory_unlock(1)")()
      const waiting = prepare("SELECT pg_advisory_xact_lock(1)")()
      for (const manner of ["once", "read"] as const) {
        await Effect.runPromise(holder.run(locked, "once"))
        const answer = Effect.runPromise(client.run(waiting, manner))
        // It gets the lock after the others are answered. What is sent behind it waits with it, until the deadline.
        if (manner === "once") {
          const [one, other] = await Promise.all([read(client), read(client)])
          expect(one).toBe(other)
        } else await Effect.runPromise(client.run(one(1), "once"))
        await Effect.runPromise(holder.run(unlocked, "once"))
        await answer
      }
      await Promise.all([client.close(), holder.close()])
    })
  })

  it("repeats a read on a new connection, because other idle connections may be broken, too", async () => {
    const client = createClient({ ...patient, url: server.url, max: 3 })
    const killer = createClient({ ...patient, url: server.url, max: 1 })
    await Effect.runPromise(killer.run(one(1), "once"))
    const slowly = prepare("SELECT pg_backend_pid() AS pid FROM pg_sleep(1)")
    const ask = (manner: Manner) => Effect.runPromise(Effect.map(client.run(slowly(), manner), ([row]) => row?.["pid"]))
    const known = await Promise.all([ask("once"), ask("once")])
    const asked = ask("read")
    await pause(50)
    const kill = prepare("SELECT pg_terminate_backend(?::int)")
    await Effect.runPromise(killer.run(kill(Number(known[0])), "once"))
    expect(known).not.toContain(await asked)
    await Promise.all([client.close(), killer.close()])
  })

  it("repeats a read on a new connection, also if it may not open more, and an old one is idle", async () => {
    const client = createClient({ ...patient, url: proxy.through(server.url), max: 2 })
    const ask = <A>(statement: Statement<A>, manner: Manner) => Effect.runPromise(client.run(statement, manner))
    await Promise.all([ask(sleep(0.1), "once"), ask(sleep(0.1), "read")])
    // Takes the place of its connection, for long, when that has been lost together with the read behind it.
    let tries = 0
    const first = ask((sql) => sleep(tries++ === 0 ? 0.4 : 1)(sql), "read")
    const second = ask(sleep(0.1), "once")
    const read = ask(one(1), "read")
    await second
    proxy.cutAnswers(0)
    expect([...(await read)]).toEqual([{ x: 1 }])
    await first
    expect(tries).toBe(2)
    await client.close()
  })

  it("does not use a connection beyond its lifetime", async () => {
    const client = createClient({ url: proxy.through(server.url), max: 1, lifetimeSeconds: 2, ...patient })
    const before = proxy.accepted()
    await Effect.runPromise(client.run(one(1), "once"))
    await Effect.runPromise(client.run(one(1), "once"))
    expect(proxy.accepted() - before).toBe(1)
    await pause(2050)
    await Effect.runPromise(client.run(one(1), "once"))
    expect(proxy.accepted() - before).toBe(2)
    await client.close()
  })

  it("finishes running statements when it is closed, and starts no others", async () => {
    const client = createClient({ ...patient, url: server.url, max: 2 })
    const running = Promise.all([1, 2, 3, 4].map(() => Effect.runPromise(client.run(sleep(0.1), "once"))))
    await pause(20)
    await client.close()
    expect((await running).length).toBe(4)
    expect(await Effect.runPromise(Effect.flip(client.run(one(1), "repeatable")))).toMatchObject({ code: "CLOSED" })
  })

  it("causes errors without session keys and session texts", async () => {
    const noTable = postgres({ url: server.url, sessions: { table: "no_such_table" } })
    const refused = postgres({ url: "postgres://postgres@127.0.0.1:1/postgres" })
    const failures = [await load(noTable), await write(noTable), await load(refused), await write(refused)]
    for (const answer of failures) {
      const text = inspect(answer, { depth: 20, showHidden: true })
      expect(text).toContain("StoreUnavailable")
      expect(text).not.toContain(key)
      expect(text).not.toContain(TEXT)
    }
    await Promise.all([noTable.close(), refused.close()])
  })

  describe("createClient", () => {
    it.each<[string, ClientOptions]>([
      ["a missing address", {}],
      ["an undefined URL", { url: undefined }],
      ["a text that is not a URL", { url: "nonsense" }],
      ["another scheme", { url: "mysql://user:hush@host/db" }],
      ["several hosts", { url: "postgres://user:hush@one,two/db" }],
      ["an unknown sslmode", { url: "postgres://user:hush@host/db?sslmode=perhaps" }],
      ["a deadline of 0 seconds", { url: "postgres://user:hush@host/db", deadlineSeconds: 0 }],
      ["a maximum that is not a number", { url: "postgres://user:hush@host/db", max: Number.NaN }],
      ["a maximum that is not whole", { url: "postgres://user:hush@host/db", max: 1.5 }]
    ])("refuses %s without quoting the password", (_, options) => {
      let thrown: unknown
      try {
        createClient(options)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(ConfigurationInvalid)
      expect(inspect(thrown, { showHidden: true, depth: 5 })).not.toContain("hush")
    })

    it("is the only source of clients", () => {
      const client = createClient({ url: server.url })
      expect(isClient(client)).toBe(true)
      expect(isClient({ ...client })).toBe(false)
      expect(() => postgres({ client: { ...client } })).toThrow(ConfigurationInvalid)
    })
  })
})
