import * as Effect from "effect/Effect"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { DjangoUser } from "../../../../../src/adapters/store/postgres/tables/user-fields.ts"
import { type PostgresStores, postgres } from "../../../../../src/adapters/store/postgres.ts"
import type { SessionChange } from "../../../../../src/core/effect.ts"
import * as Key from "../../../../../src/core/session-key.ts"
import { patient } from "../../../../rig/patience.ts"
import { countStatements, type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { carriesALogin } from "../../carried-login.ts"
import { freshKey } from "../../session-calls.ts"

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const LATER = NOW + 86_400_000

describe.skipIf(!service("postgres").available)("sessions in Django's table", () => {
  let server: PostgresServer
  let pg: PostgresStores<DjangoUser>
  let other: sql.Sql

  beforeAll(async () => {
    server = await startPostgres()
    pg = postgres({ ...patient, url: server.url })
    await pg.createTables()
    other = sql(server.url, { max: 1, fetch_types: false })
  })
  afterAll(async () => {
    await other?.end()
    await pg?.close()
    await server?.stop()
  })

  const commit = (change: SessionChange) => Effect.runPromise(pg.sessions.commit(change, NOW))
  const load = (key: Key.SessionKey) => Effect.runPromise(pg.sessions.load(key, NOW))
  const inserted = async (text: string) => {
    const key = freshKey()
    await commit({ _tag: "Insert", key, text, expiresAt: LATER })
    return key
  }
  const row = async (key: Key.SessionKey) => (await other`SELECT * FROM django_session WHERE session_key = ${key}`)[0]

  carriesALogin(() => pg.sessions)

  it("are the rows that Django writes, with expiry in milliseconds", async () => {
    const key = await inserted("text")
    expect(await row(key)).toEqual({ session_key: key, session_data: "text", expire_date: new Date(LATER) })
  })

  it("cost one statement each, and no transaction", async () => {
    const key = await inserted("was")
    const to = freshKey()
    const changes: ReadonlyArray<SessionChange> = [
      { _tag: "Insert", key: freshKey(), text: "text", expiresAt: LATER },
      { _tag: "Insert", key, text: "taken", expiresAt: LATER },
      { _tag: "Update", key, was: "other", text: "is", expiresAt: LATER },
      { _tag: "Update", key, was: "was", text: "is", expiresAt: LATER },
      { _tag: "Update", key, was: undefined, text: "is", expiresAt: LATER },
      { _tag: "Move", from: key, was: "is", to, text: "moved", expiresAt: LATER, ifGone: "Refuse" },
      { _tag: "Move", from: key, was: "is", to: freshKey(), text: "moved", expiresAt: LATER, ifGone: "Insert" },
      { _tag: "Delete", key: to }
    ]
    for (const change of changes) expect(await countStatements(server, () => commit(change))).toBe(1)
    expect(await countStatements(server, () => load(key))).toBe(1)
  })

  it("are loaded together with their user, in one statement", async () => {
    const user = { username: "along", email: "", password: "encoded", isStaff: false, isSuperuser: false }
    const created = await Effect.runPromise(pg.users.create(user, NOW))
    const key = await inserted("text")
    pg.sessions.prefetch?.remember(key, "backend", created!.id)
    expect(
      await countStatements(server, async () => {
        expect(await load(key)).toMatchObject({ prefetched: { known: { id: created!.id, password: "encoded" } } })
      })
    ).toBe(1)
  })

  describe("under a key that the column cannot hold", () => {
    const impossible = ["abcdefgh\0", "abcdefgh\ud800", "a".repeat(41), "\u{1f511}".repeat(41), "a".repeat(100_000)]
    it.each(
      impossible.map((text) => [text.slice(0, 12), Key.parse(text)!] as const)
    )("%j... are absent, and no statement is sent", async (_, key) => {
      const text = "text"
      const to = freshKey()
      const expiresAt = LATER
      const statements = await countStatements(server, async () => {
        expect(await load(key)).toEqual({ _tag: "SessionAbsent" })
        expect(await commit({ _tag: "Update", key, was: undefined, text, expiresAt })).toEqual({ _tag: "Gone" })
        expect(await commit({ _tag: "Update", key, was: "was", text, expiresAt })).toEqual({ _tag: "Gone" })
        const move = { _tag: "Move", from: key, was: "was", to, text, expiresAt } as const
        expect(await commit({ ...move, ifGone: "Refuse" })).toEqual({ _tag: "Gone" })
        expect(await commit({ _tag: "Delete", key })).toEqual({ _tag: "Deleted" })
      })
      expect(statements).toBe(0)
      const answer = await commit({ _tag: "Move", from: key, was: "was", to, text, expiresAt, ifGone: "Insert" })
      expect(answer).toEqual({ _tag: "Committed", key: to, text })
    })
    it("are stored if the key has 40 characters outside the basic plane", async () => {
      const key = Key.parse("\u{1f511}".repeat(40))!
      await commit({ _tag: "Insert", key, text: "text", expiresAt: LATER })
      expect(await load(key)).toEqual({ _tag: "SessionFound", text: "text", prefetched: undefined })
    })
  })

  describe("that another transaction has locked", () => {
    /** Makes a change while another transaction has done `meanwhile` and not yet committed. */
    const whileWaiting = async (meanwhile: (tx: sql.TransactionSql) => Promise<unknown>, change: SessionChange) => {
      let waiting: Promise<unknown> = Promise.resolve()
      await other.begin(async (tx) => {
        await meanwhile(tx)
        waiting = commit(change)
        await new Promise((resolve) => setTimeout(resolve, 150))
      })
      return waiting
    }

    it("are gone for a write that waited for their deletion", async () => {
      for (const was of ["was", undefined]) {
        const key = await inserted("was")
        const remove = (tx: sql.TransactionSql) => tx`DELETE FROM django_session WHERE session_key = ${key}`
        const update = { _tag: "Update", key, was, text: "is", expiresAt: LATER } as const
        expect(await whileWaiting(remove, update)).toEqual({ _tag: "Gone" })
        expect(await row(key)).toBeUndefined()
      }
    })
    it("are reported with their new text to a write that waited for an update", async () => {
      const key = await inserted("was")
      const rewrite = (tx: sql.TransactionSql) =>
        tx`UPDATE django_session SET session_data = 'now' WHERE session_key = ${key}`
      const update = { _tag: "Update", key, was: "was", text: "is", expiresAt: LATER } as const
      expect(await whileWaiting(rewrite, update)).toEqual({ _tag: "Changed", text: "now" })
      expect(await row(key)).toMatchObject({ session_data: "now" })
    })
    it("are moved with their new text by a move that does not compare the old text", async () => {
      const from = await inserted("was")
      const to = freshKey()
      const rewrite = (tx: sql.TransactionSql) =>
        tx`UPDATE django_session SET session_data = 'now' WHERE session_key = ${from}`
      const move = {
        _tag: "Move",
        from,
        was: undefined,
        to,
        text: "moved",
        expiresAt: LATER,
        ifGone: "Refuse"
      } as const
      expect(await whileWaiting(rewrite, move)).toEqual({ _tag: "Committed", key: to, text: "moved" })
      expect(await row(from)).toBeUndefined()
    })
    it("are moved when the update left the text that the move compares", async () => {
      const from = await inserted("was")
      const to = freshKey()
      const touch = (tx: sql.TransactionSql) =>
        tx`UPDATE django_session SET expire_date = now() WHERE session_key = ${from}`
      const move = { _tag: "Move", from, was: "was", to, text: "moved", expiresAt: LATER, ifGone: "Refuse" } as const
      expect(await whileWaiting(touch, move)).toEqual({ _tag: "Committed", key: to, text: "moved" })
      expect(await row(from)).toBeUndefined()
      expect(await row(to)).toMatchObject({ session_data: "moved" })
    })
    it("are inserted as a new row by a login that waited for their deletion, or the move is refused", async () => {
      for (const ifGone of ["Insert", "Refuse"] as const) {
        const from = await inserted("was")
        const to = freshKey()
        const remove = (tx: sql.TransactionSql) => tx`DELETE FROM django_session WHERE session_key = ${from}`
        const move = { _tag: "Move", from, was: "was", to, text: "moved", expiresAt: LATER, ifGone } as const
        expect(await whileWaiting(remove, move)).toEqual(
          ifGone === "Insert" ? { _tag: "Committed", key: to, text: "moved" } : { _tag: "Gone" }
        )
        expect(await row(to)).toEqual(ifGone === "Insert" ? expect.anything() : undefined)
      }
    })
    it("keep the old row when an uncommitted transaction has inserted the new key", async () => {
      const from = await inserted("was")
      const to = freshKey()
      const take = (tx: sql.TransactionSql) => tx`INSERT INTO django_session VALUES (${to}, 'theirs', now())`
      const move = { _tag: "Move", from, was: "was", to, text: "moved", expiresAt: LATER, ifGone: "Insert" } as const
      expect(await whileWaiting(take, move)).toEqual({ _tag: "KeyTaken" })
      expect(await row(from)).toMatchObject({ session_data: "was" })
      expect(await row(to)).toMatchObject({ session_data: "theirs" })
    })
    it("are unavailable when the lock is not released before the deadline, and are not changed", async () => {
      const key = await inserted("was")
      const impatient = postgres({ url: server.url, max: 1 })
      const failing = other.begin(async (tx) => {
        await tx`SELECT FROM django_session WHERE session_key = ${key} FOR UPDATE`
        const failure = await Effect.runPromise(
          Effect.flip(impatient.sessions.commit({ _tag: "Update", key, was: "was", text: "is", expiresAt: LATER }, NOW))
        )
        expect(failure).toMatchObject({ _tag: "StoreUnavailable", operation: "write a session" })
      })
      await failing
      await impatient.close()
      expect(await row(key)).toMatchObject({ session_data: "was" })
    })
  })

  it("may be in a table with another name and schema", async () => {
    await other`CREATE SCHEMA "Accounts"`
    await other`CREATE TABLE "Accounts".visits (LIKE django_session INCLUDING ALL)`
    const elsewhere = postgres({ ...patient, url: server.url, sessions: { table: "Accounts.visits" } })
    const key = freshKey()
    await Effect.runPromise(elsewhere.sessions.commit({ _tag: "Insert", key, text: "text", expiresAt: LATER }, NOW))
    expect(await other`SELECT session_key FROM "Accounts".visits`).toEqual([{ session_key: key }])
    await elsewhere.close()
  })
})
