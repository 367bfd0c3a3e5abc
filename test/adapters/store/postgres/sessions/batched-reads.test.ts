/** Reads that arrive together are one statement, and answer what a statement for each would. */
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { Core } from "latchkey"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type PostgresOptions, type PostgresStores, postgres } from "../../../../../src/adapters/store/postgres.ts"
import { parse, type SessionKey } from "../../../../../src/core/session-key.ts"
import { patient } from "../../../../rig/patience.ts"
import { countStatements, type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { freshKey } from "../../session-calls.ts"

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const backend = "django.contrib.auth.backends.ModelBackend"
const { encode } = Core.makeCodec({ secret: "s".repeat(50), fallbacks: [] })
const odd = parse("Schlüssel mit „Zeichen“, {kommas}") ?? expect.fail("not a key")

describe.skipIf(!service("postgres").available)("sessions that are read together", () => {
  let server: PostgresServer
  let admin: sql.Sql
  const opened: Array<PostgresStores<unknown>> = []
  let userId = ""

  const open = (options: PostgresOptions = {}) => {
    const stores = postgres({ ...patient, url: server.url, ...options })
    opened.push(stores)
    return stores
  }
  beforeAll(async () => {
    server = await startPostgres()
    admin = sql(server.url, { max: 1, fetch_types: false, onnotice: () => {} })
    const pg = open({ userSessions: true })
    await pg.createTables()
    const alice = { username: "alice", email: "", password: "encoded", isStaff: false, isSuperuser: false }
    userId = (await Effect.runPromise(pg.users.create(alice, NOW)))?.id ?? expect.fail("exists")
  })
  afterAll(async () => {
    for (const stores of opened) await stores.close()
    await admin?.end()
    await server?.stop()
  })

  const load = ({ sessions }: PostgresStores<unknown>, key: SessionKey, now = NOW) =>
    Effect.runPromise(sessions.load(key, now))
  const store = (key: SessionKey, text: string, expiresAt: string) =>
    admin`INSERT INTO django_session VALUES (${key}, ${text}, ${expiresAt}::timestamptz) ON CONFLICT DO NOTHING`
  const warm = async (stores: PostgresStores<unknown>, users: boolean) => {
    if (users) stores.sessions.prefetch?.remember(freshKey(), backend, userId)
    await load(stores, freshKey())
    return stores
  }

  it.each([
    ["without users", {}, false],
    ["with users", {}, true],
    ["with users and records", { userSessions: true }, true]
  ] as const)("are as if they were read alone, %s", async (_, options, users) => {
    const together = await warm(open(options), users)
    const alone = await warm(open({ ...options, sessions: { batchReads: false } }), users)
    const empty = Core.Session.absent(Core.Session.fromCookie(undefined))
    const named = encode(Core.Identity.write(empty, { id: userId, backend, authHash: "ab" }).data, NOW)
    const keys = Array.from({ length: 7 }, freshKey)
    const [absent = odd, ...present] = [...keys, odd]
    // PostgreSQL compares microseconds.
    const times = ["05.677", "05.678", "05.678001", "05.679", "06", "59"]
    for (const [at, key] of present.entries())
      await store(key, at % 2 === 0 ? named : `text ${at}`, `2026-01-02T03:04:${times[at] ?? "59"}Z`)
    const guessed = present[5] ?? odd
    for (const { sessions } of [together, alone]) if (users) sessions.prefetch?.remember(guessed, backend, userId)

    const read = fc.record({
      key: fc.constantFrom(absent, ...present),
      now: fc.integer({ min: NOW - 1, max: NOW + 2 })
    })
    await fc.assert(
      fc.asyncProperty(fc.array(read, { minLength: 2, maxLength: 12 }), async (reads) => {
        const answers = await Promise.all(reads.map(({ key, now }) => load(together, key, now)))
        for (const [at, { key, now }] of reads.entries()) expect(answers[at]).toEqual(await load(alone, key, now))
      }),
      { numRuns: 60 }
    )
  })

  it("are one statement, and many are a few", async () => {
    const pg = await warm(open(), true)
    const keys = Array.from({ length: 18 }, freshKey)
    for (const [at, key] of keys.entries()) await store(key, `text ${at}`, "2026-01-03T00:00:00Z")
    const several = await countStatements(server, () => Promise.all(keys.slice(0, 8).map((key) => load(pg, key))))
    expect(several).toBe(1)
    const many = await countStatements(server, async () => {
      const answers = await Promise.all(keys.map((key) => load(pg, key)))
      expect(answers).toMatchObject(keys.map((_, at) => ({ text: `text ${at}` })))
    })
    expect(many).toBe(3)
    const pooled = await warm(open({ pooler: true }), true)
    expect(await countStatements(server, () => Promise.all(keys.map((key) => load(pooled, key))))).toBe(1)
  })

  it("are each a statement of their own, if the application wants it", async () => {
    const pg = await warm(open({ sessions: { batchReads: false } }), true)
    expect(await countStatements(server, () => Promise.all([load(pg, freshKey()), load(pg, freshKey())]))).toBe(2)
  })

  it("are refused together during an outage, and read after it", async () => {
    const pg = await warm(open(), true)
    const key = freshKey()
    await store(key, "text", "2026-01-03T00:00:00Z")
    await admin`ALTER TABLE django_session RENAME TO elsewhere`
    const refused = await Promise.allSettled([load(pg, key), load(pg, freshKey())])
    await admin`ALTER TABLE elsewhere RENAME TO django_session`
    for (const answer of refused)
      expect(answer).toMatchObject({
        status: "rejected",
        reason: { _tag: "StoreUnavailable", operation: "load a session" }
      })
    expect(await Promise.all([load(pg, key), load(pg, freshKey())])).toMatchObject([
      { text: "text" },
      { _tag: "SessionAbsent" }
    ])
  })
})
