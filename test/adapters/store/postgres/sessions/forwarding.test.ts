/** What a renewal leaves in Django's table, and what requests find that wait for the lock of another one. */
import * as Effect from "effect/Effect"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { DjangoUser } from "../../../../../src/adapters/store/postgres/tables/user-fields.ts"
import { type PostgresStores, postgres } from "../../../../../src/adapters/store/postgres.ts"
import type { CommitAnswer, SessionChange } from "../../../../../src/core/effect.ts"
import * as Key from "../../../../../src/core/session-key.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { freshKey } from "../../session-calls.ts"

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const expiresAt = NOW + 86_400_000

describe.skipIf(!service("postgres").available)("a renewed session in Django's table", () => {
  let server: PostgresServer
  let pg: PostgresStores<DjangoUser>
  let other: sql.Sql
  let observer: sql.Sql

  beforeAll(async () => {
    server = await startPostgres()
    pg = postgres({ ...patient, url: server.url, max: 10 })
    await pg.createTables()
    other = sql(server.url, { max: 1, fetch_types: false })
    observer = sql(server.url, { max: 1, fetch_types: false })
  })
  afterAll(async () => {
    await Promise.all([other?.end(), observer?.end(), pg?.close()])
    await server?.stop()
  })

  const commit = (change: SessionChange): Promise<CommitAnswer> => Effect.runPromise(pg.sessions.commit(change, NOW))
  const inserted = async (text = "was") => {
    const key = freshKey()
    await commit({ _tag: "Insert", key, text, expiresAt })
    return key
  }
  const keysLike = async (key: string) =>
    (
      await observer`SELECT session_key, session_data, expire_date FROM django_session WHERE session_key LIKE ${`%${key}`}`
    ).map((row) => [row["session_key"], row["session_data"], row["expire_date"]])
  const renewal = (from: Key.SessionKey, to: Key.SessionKey): SessionChange => ({
    ...{ _tag: "Move", from, was: "was", to, text: "renewed", expiresAt, ifGone: "Refuse" },
    forwards: true
  })
  const deletion = (key: Key.SessionKey): SessionChange => ({ _tag: "Delete", key })
  const moved = (to: Key.SessionKey) => ({ _tag: "Moved", to })
  const committed = (key: Key.SessionKey, text = "renewed") => ({ _tag: "Committed", key, text })
  const deleted = { _tag: "Deleted" }
  const gone = { _tag: "Gone" }

  it("leaves an expired row with the new key, which clearsessions removes", async () => {
    const [from, to] = [await inserted(), freshKey()]
    await commit(renewal(from, to))
    expect(await keysLike(from)).toEqual([[`moved:${from}`, to, new Date(NOW)]])
    // What Django's clearsessions does.
    await other`DELETE FROM django_session WHERE expire_date < ${new Date(NOW + 1)} AND session_key LIKE ${`%${from}`}`
    expect(await keysLike(from)).toEqual([])
    expect(await commit(deletion(from))).toEqual(deleted)
  })

  it("leaves no session to a client that sends the key of that row as its cookie", async () => {
    const [from, to] = [await inserted(), freshKey()]
    await commit(renewal(from, to))
    const key = Key.parse(`moved:${from}`) ?? expect.fail("no key")
    expect(await Effect.runPromise(pg.sessions.load(key, NOW - 1))).toEqual({ _tag: "SessionAbsent" })
    expect(await commit({ _tag: "Update", key, was: undefined, text: "revived", expiresAt })).toEqual(gone)
    expect(await commit({ _tag: "Insert", key, text: "revived", expiresAt })).toEqual({ _tag: "KeyTaken" })
    expect(await commit(deletion(key))).toEqual(deleted)
    expect(await commit(deletion(from))).toEqual(moved(to))
  })

  it("leaves no such row if the old key is too long for it", async () => {
    const [from, to] = [Key.parse("k".repeat(40)) ?? expect.fail("no key"), freshKey()]
    await commit({ _tag: "Insert", key: from, text: "was", expiresAt })
    expect(await commit(renewal(from, to))).toEqual(committed(to))
    expect(await keysLike(from)).toEqual([])
    expect(await commit(deletion(from))).toEqual(deleted)
  })

  it("can be renewed again under a key that another session had before its renewal", async () => {
    const [from, first, second] = [await inserted(), freshKey(), freshKey()]
    await commit(renewal(from, first))
    await commit({ _tag: "Insert", key: from, text: "was", expiresAt })
    expect(await commit(renewal(from, second))).toEqual(committed(second))
    expect(await commit(deletion(from))).toEqual(moved(second))
  })

  describe("that another transaction has locked", () => {
    /** How many connections wait for a lock. */
    const waiting = async (): Promise<number> => {
      const [row] = await observer`SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
      return Number(row?.["count"])
    }
    /** Makes the changes while the row is locked, so that they wait in this order; then releases the lock. */
    const inOrder = async (
      key: Key.SessionKey,
      changes: ReadonlyArray<() => Promise<unknown>>
    ): Promise<ReadonlyArray<unknown>> => {
      const answers: Array<Promise<unknown>> = []
      await other.begin(async (tx) => {
        await tx`SELECT FROM django_session WHERE session_key = ${key} FOR UPDATE`
        for (const change of changes) {
          answers.push(change())
          while ((await waiting()) < answers.length) await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })
      return Promise.all(answers)
    }
    const inTurn = (key: Key.SessionKey, ...changes: ReadonlyArray<SessionChange>) =>
      inOrder(
        key,
        changes.map((change) => () => commit(change))
      )

    it("is ended by a logout that waited for the renewal", async () => {
      const [from, to] = [await inserted(), freshKey()]
      expect(await inTurn(from, renewal(from, to), deletion(from))).toEqual([committed(to), moved(to)])
    })
    it("is not renewed after a logout that came first", async () => {
      const [from, to] = [await inserted(), freshKey()]
      expect(await inTurn(from, deletion(from), renewal(from, to))).toEqual([deleted, gone])
      expect(await keysLike(from)).toEqual([])
      expect(await keysLike(to)).toEqual([])
    })
    it("is renewed once, and the logout finds the new key, when two renewals and a logout wait", async () => {
      const [from, one, two] = [await inserted(), freshKey(), freshKey()]
      const answers = await inTurn(from, renewal(from, one), renewal(from, two), deletion(from))
      expect(answers).toEqual([committed(one), gone, moved(one)])
      expect(await keysLike(two)).toEqual([])
    })
    it("is found by a logout that also stores new data", async () => {
      const [from, to, next] = [await inserted(), freshKey(), freshKey()]
      const farewell = {
        _tag: "Move",
        from,
        was: undefined,
        to: next,
        text: "new",
        expiresAt,
        ifGone: "Insert"
      } as const
      expect(await inTurn(from, renewal(from, to), farewell)).toEqual([committed(to), moved(to)])
      expect(await keysLike(next)).toEqual([])
    })
    it("is gone for a write that waited for the renewal", async () => {
      for (const was of ["was", undefined]) {
        const [from, to] = [await inserted(), freshKey()]
        const write = { _tag: "Update", key: from, was, text: "late", expiresAt } as const
        expect(await inTurn(from, renewal(from, to), write)).toEqual([committed(to), gone])
        expect(await keysLike(from)).toEqual([[`moved:${from}`, to, new Date(NOW)]])
      }
    })
    it("is deleted by a logout that waited for a write", async () => {
      const key = await inserted()
      const write = { _tag: "Update", key, was: "was", text: "is", expiresAt } as const
      expect(await inTurn(key, write, deletion(key))).toEqual([committed(key, "is"), deleted])
      expect(await keysLike(key)).toEqual([])
    })
    it("is gone for a Django that saves what it loaded before", async () => {
      const save = (key: string) => async () =>
        (
          await observerOf(server)(
            (db) => db`UPDATE django_session SET session_data = 'late' WHERE session_key = ${key}`
          )
        ).count
      const [from, to] = [await inserted(), freshKey()]
      expect(await inOrder(from, [() => commit(renewal(from, to)), save(from)])).toEqual([committed(to), 0])
      expect(await keysLike(from)).toEqual([[`moved:${from}`, to, new Date(NOW)]])
    })
  })
})

/** Runs a statement on a new connection. */
const observerOf =
  (server: PostgresServer) =>
  async <A>(run: (db: sql.Sql) => Promise<A>): Promise<A> => {
    const db = sql(server.url, { max: 1, fetch_types: false })
    try {
      return await run(db)
    } finally {
      await db.end()
    }
  }
