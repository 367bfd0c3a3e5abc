/** A user whose id is at the beginning of the session's text is loaded together with the session. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { Core } from "latchkey"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type PostgresStores, postgres } from "../../../../../src/adapters/store/postgres.ts"
import { textHeads } from "../../../../../src/core/session/text/text-head.ts"
import * as Base64url from "../../../../../src/core/signing/base64url.ts"
import { patient } from "../../../../rig/patience.ts"
import { countStatements, type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { freshKey } from "../../session-calls.ts"

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const LATER = NOW + 86_400_000
const backend = "django.contrib.auth.backends.ModelBackend"

const { encode } = Core.makeCodec({ secret: "s".repeat(50), fallbacks: [] })

/** Texts of sessions of this user: without other data, and with so much that it is deflated. */
const textsOf = (id: string): ReadonlyArray<string> =>
  [[], [["cart", Core.Json.write(Array.from({ length: 500 }, (_, n) => n * n))] as const]].map((before) => {
    const empty = Core.Session.absent(Core.Session.fromCookie(undefined))
    const { data } = Core.Identity.write(empty, { id, backend, authHash: "ab".repeat(32) })
    return encode(new Map([...data, ...Core.SessionData.of(before)]), NOW)
  })

describe.skipIf(!service("postgres").available)("a user that the session's text names", () => {
  let server: PostgresServer
  let pg: PostgresStores<unknown>
  let other: sql.Sql

  beforeAll(async () => {
    server = await startPostgres()
    other = sql(server.url, { max: 1, fetch_types: false, onnotice: () => {} })
    pg = await using(postgres({ ...patient, url: server.url }))
  })
  afterAll(async () => {
    await other?.end()
    await pg?.close()
    await server?.stop()
  })

  /** The stores, after a backend has loaded a user. */
  const using = async <User>(stores: PostgresStores<User>): Promise<PostgresStores<User>> => {
    await stores.createTables()
    stores.sessions.prefetch?.remember(freshKey(), backend, "1")
    return stores
  }
  const inserted = async (text: string, { sessions }: PostgresStores<unknown> = pg) => {
    const key = freshKey()
    await Effect.runPromise(sessions.commit({ _tag: "Insert", key, text, expiresAt: LATER }, NOW))
    return key
  }
  const load = (key: Parameters<typeof pg.sessions.load>[0], { sessions }: PostgresStores<unknown> = pg) =>
    Effect.runPromise(sessions.load(key, NOW))
  const create = ({ users }: PostgresStores<unknown>, username: string) =>
    Effect.runPromise(
      users.create({ username, email: "", password: "encoded", isStaff: false, isSuperuser: false }, NOW)
    ).then((row) => row ?? expect.fail("exists"))

  it("is loaded in one statement, which no cache helps", async () => {
    const { id } = await create(pg, "alice")
    for (const text of textsOf(id)) {
      const key = await inserted(text)
      const statements = await countStatements(server, async () => {
        expect(await load(key)).toMatchObject({ text, prefetched: { backend, id, known: { id, password: "encoded" } } })
      })
      expect(statements).toBe(1)
    }
  })

  it("is not guessed if there is no such user: the backend is asked", async () => {
    for (const id of ["2147483647", "-3", "99999999999999999", "999999999999999999999999", "007", "1e2", "x", ""])
      for (const text of textsOf(id)) expect(await load(await inserted(text))).toMatchObject({ prefetched: undefined })
  })

  it("is not guessed if the number is that of a user, but is not written as the id of one", async () => {
    const { id } = await create(pg, "bob")
    for (const spelling of [`0${id}`, `-0${id}`, `${id}.0`, ` ${id}`])
      for (const text of textsOf(spelling))
        expect(await load(await inserted(text))).toMatchObject({ prefetched: undefined })
  })

  it("is not looked for before a backend uses the table of users, which may not exist", async () => {
    const url = await server.createDatabase()
    const own = postgres({ ...patient, url, users: { table: "no_such_table" } })
    const admin = sql(url, { max: 1, onnotice: () => {} })
    await admin`CREATE TABLE django_session (
      session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL)`
    for (const text of textsOf("1")) {
      const key = await inserted(text, own)
      expect(await load(key, own)).toEqual({ _tag: "SessionFound", text, prefetched: undefined })
    }
    await admin.end()
    await own.close()
  })

  it("may have an id that is a UUID or a text", async () => {
    const schema = Schema.Struct({ id: Schema.String, username: Schema.String })
    const columns = Object.fromEntries(
      ["isActive", "isStaff", "isSuperuser", "email", "firstName", "lastName", "lastLoginAt", "joinedAt"].map(
        (name) => [name, false as const]
      )
    )
    for (const [idType, id] of [
      ["uuid", "0192f0c1-7b1e-7c11-8a2b-0123456789ab"],
      ["text", "ada@example.com"]
    ] as const) {
      const table = `member_${idType}`
      await other.unsafe(`CREATE TABLE ${table} (id ${idType} PRIMARY KEY, username text UNIQUE, password text)`)
      await other.unsafe(`INSERT INTO ${table} VALUES ('${id}', 'ada', 'encoded')`)
      const own = postgres({ ...patient, url: server.url, users: { table, idType, columns, schema } })
      own.sessions.prefetch?.remember(freshKey(), backend, id)
      for (const text of textsOf(id))
        expect(await load(await inserted(text, own), own)).toMatchObject({ prefetched: { backend, id } })
      const others = idType === "uuid" ? ["0192f0c1-7b1e-7c11-8a2b-0123456789a", "-".repeat(36)] : ["é", 'a"b', "a\\b"]
      for (const otherId of [...others, `${id}x`.repeat(3)])
        for (const text of textsOf(otherId))
          expect(await load(await inserted(text, own), own)).toMatchObject({ prefetched: undefined })
      await own.close()
    }
  })

  describe("in a text that nothing has signed", () => {
    const digit = fc.string({ unit: fc.constantFrom(..."ABCDMOQTUWYZabcdijmoqyz0123456789-_=.:+/ é\n") })
    const json = fc
      .tuple(
        fc.constantFrom('"', "", '""'),
        fc.constantFrom("1", "-", "--5", "9".repeat(40), "", "1e5", "\0", "é", "٣"),
        fc.string()
      )
      .map((parts) => Base64url.encode(Buffer.from(parts.join(""))))
    const hostile = fc
      .tuple(fc.constantFrom(...textHeads, ...textHeads.map((head) => head.slice(0, -1))), fc.oneof(digit, json), digit)
      .map((parts) => parts.join(""))

    it("causes no error, and loads no user but the one that it names", async () => {
      const { id } = await create(pg, "carol")
      const property = fc.asyncProperty(hostile, async (text) => {
        const answer = await load(await inserted(text))
        expect(answer).toMatchObject({ _tag: "SessionFound", text })
        const prefetched = answer._tag === "SessionFound" ? answer.prefetched : undefined
        if (prefetched !== undefined) expect(prefetched.known).toMatchObject({ id: prefetched.id })
      })
      await fc.assert(property, { numRuns: 400, examples: [[`${textHeads[0]}MQ`], [`${textHeads[0]}${id}`], ["eyJf"]] })
    })

    it("may be long", async () => {
      for (const head of textHeads)
        expect(await load(await inserted(head + "MQ".repeat(4_000_000)))).toMatchObject({ prefetched: undefined })
    })
  })
})
