/** Defaults of a database that would change results if they applied to the store's statements. */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import type { SessionKey } from "../../../../../src/core/session-key.ts"
import { type Pgbouncer, startPgbouncer } from "../../../../rig/pgbouncer.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { prefetchContract } from "../../prefetch-contract.ts"
import { freshKey } from "../../session-calls.ts"
import { sessionStoreContract } from "../../session-store-contract.ts"
import { userStoreContract } from "../../user-store-contract.ts"

const hostileDefaults: Readonly<Record<string, string>> = {
  default_transaction_isolation: "'serializable'",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  DateStyle: "'SQL, DMY'",
  IntervalStyle: "'sql_standard'",
  TimeZone: "'Pacific/Chatham'",
  standard_conforming_strings: "off",
  backslash_quote: "off",
  escape_string_warning: "on",
  client_encoding: "'LATIN1'",
  bytea_output: "'escape'",
  extra_float_digits: "-5",
  lock_timeout: "'20ms'",
  transform_null_equals: "on",
  quote_all_identifiers: "on",
  plan_cache_mode: "'force_generic_plan'",
  search_path: "tenant, public"
}

const prepareDatabase = async (server: PostgresServer): Promise<string> => {
  const url = await server.createDatabase()
  const admin = sql(url, { max: 1, onnotice: () => {} })
  await admin.unsafe("CREATE SCHEMA tenant")
  const name = new URL(url).pathname.slice(1)
  for (const [setting, value] of Object.entries(hostileDefaults)) {
    await admin.unsafe(`ALTER DATABASE ${name} SET ${setting} = ${value}`)
  }
  await admin.end()
  return url
}

const available = [service("postgres"), service("pgbouncer")].every((needed) => needed.available)

describe.skipIf(!available)("a database with other defaults", () => {
  let server: PostgresServer
  let bouncer: Pgbouncer
  beforeAll(async () => {
    server = await startPostgres()
    bouncer = await startPgbouncer(server)
  })
  afterAll(async () => {
    await bouncer?.stop()
    await server?.stop()
  })

  for (const pooler of [false, true]) {
    describe(pooler ? "behind a pooler" : "without a pooler", () => {
      let url: string
      // These tests are about the answers, not about speed: transactions that wait for a lock take longer.
      const stores = () =>
        postgres({
          url: pooler ? bouncer.through(url) : url,
          pooler,
          deadlineSeconds: 5,
          operationDeadlineSeconds: 20
        })
      beforeAll(async () => {
        url = await prepareDatabase(server)
        const pg = stores()
        await pg.createTables()
        await pg.close()
      })
      const make = async () => {
        const pg = stores()
        return { store: pg.sessions, users: pg.users, close: pg.close }
      }
      sessionStoreContract("such a database", make)
      userStoreContract("such a database", make)
      prefetchContract("such a database", make)

      it("does not change how instants, texts and numbers are read", async () => {
        const admin = sql(url, { max: 1, onnotice: () => {} })
        await admin.begin("read write", (tx) =>
          tx.unsafe(`
            CREATE TABLE IF NOT EXISTS people (id uuid PRIMARY KEY, username text UNIQUE, password text,
              is_active boolean, last_login timestamptz, born timestamptz, score float8)`)
        )
        const id = randomUUID()
        const username = `ünïcödé ✓ \\' ${id}`
        // DateStyle decides between 3 April and 4 March; in 1890, offsets from UTC have seconds.
        const instants = [Date.UTC(2026, 3, 3, 23, 59, 59, 123), Date.UTC(1890, 2, 4)] as const
        await admin.begin("read write", async (tx) => {
          await tx`INSERT INTO people VALUES (${id}, ${username}, '!', true, ${new Date(instants[0])},
            ${new Date(instants[1])}, 0.1)`
        })
        await admin.end()
        const schema = Schema.Struct({
          id: Schema.String,
          username: Schema.String,
          lastLoginAt: Schema.Number,
          born: Schema.Number,
          score: Schema.Number
        })
        const pg = postgres({
          url: pooler ? bouncer.through(url) : url,
          pooler,
          users: {
            table: "people",
            idType: "uuid",
            columns: Object.fromEntries(
              ["email", "firstName", "lastName", "isStaff", "isSuperuser", "joinedAt"].map((field) => [field, false])
            ),
            schema
          }
        })
        for (const row of await Promise.all([
          Effect.runPromise(pg.users.findByUsername(username)),
          Effect.runPromise(pg.users.findById(id))
        ])) {
          expect(row?.user).toEqual({ id, username, lastLoginAt: instants[0], born: instants[1], score: 0.1 })
        }
        await pg.close()
      })
    })
  }

  it("finds no user and no session under a name that its encoding cannot represent, and reports no outage", async () => {
    const admin = sql(server.url, { max: 1, onnotice: () => {} })
    await admin.unsafe("CREATE DATABASE latin1 ENCODING 'LATIN1' TEMPLATE template0")
    await admin.end()
    const pg = postgres({ url: server.url.replace(/postgres$/, "latin1") })
    await pg.createTables()
    expect(await Effect.runPromise(pg.users.findByUsername("日本"))).toBeUndefined()
    expect(
      await Effect.runPromise(pg.users.findForReset?.({ email: "日本@example.com" }) ?? Effect.die("none"))
    ).toEqual([])
    const user = { username: "Zoë", email: "", password: "!", isStaff: false, isSuperuser: false }
    const made = await Effect.runPromise(pg.users.create(user, Date.now()))
    expect(await Effect.runPromise(pg.users.findByUsername("Zoë"))).toEqual(made)
    await pg.close()
  })

  it("finds sessions that are read together with one of a user whose id its encoding cannot represent", async () => {
    const admin = sql(server.url, { max: 1, onnotice: () => {} })
    await admin.unsafe("CREATE DATABASE names ENCODING 'LATIN1' TEMPLATE template0")
    await admin.end()
    const url = server.url.replace(/postgres$/, "names")
    const pg = postgres({
      url,
      users: {
        table: "account",
        idType: "text",
        columns: { isActive: false },
        schema: Schema.Struct({ id: Schema.String, username: Schema.String })
      }
    })
    const names = sql(url, { max: 1, onnotice: () => {} })
    await names`CREATE TABLE account (id text PRIMARY KEY, username text, password text)`
    await names`CREATE TABLE django_session (
      session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL)`
    const [one, other] = [freshKey(), freshKey()]
    for (const key of [one, other])
      await names`INSERT INTO django_session VALUES (${key}, ${"text"}, now() + interval '1 day')`
    await names.end()
    pg.sessions.prefetch?.remember(other, "a backend", "日本")
    const load = (key: SessionKey) => Effect.runPromise(pg.sessions.load(key, Date.now()))
    expect((await Promise.all([load(one), load(other), load(one)]))[0]).toMatchObject({ text: "text" })
    await pg.close()
  })
})
