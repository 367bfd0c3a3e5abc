import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../../src/adapters/errors/errors.ts"
import type { DjangoUser } from "../../../../../src/adapters/store/postgres/tables/user-fields.ts"
import type { UserTableOptions } from "../../../../../src/adapters/store/postgres/tables/user-table.ts"
import { type PostgresStores, postgres, RowInvalid } from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { freshKey } from "../../session-calls.ts"

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const newUser = { email: "", password: "encoded", isStaff: false, isSuperuser: true }

const Account = Schema.Struct({ id: Schema.String, username: Schema.String, plan: Schema.Literals(["free", "paid"]) })
const accounts = {
  table: "accounts.account",
  idType: "uuid",
  schema: Account,
  columns: { username: "email", plan: "plan_code", email: false, isStaff: false, isActive: false, joinedAt: false },
  defaults: { plan: "free" }
} as const

describe.skipIf(!service("postgres").available)("users", () => {
  let server: PostgresServer
  let pg: PostgresStores<DjangoUser>
  let other: sql.Sql

  beforeAll(async () => {
    server = await startPostgres()
    pg = postgres({ ...patient, url: server.url })
    await pg.createTables()
    other = sql(server.url, { max: 1, fetch_types: false })
    await other`CREATE SCHEMA accounts`
    await other`
      CREATE TABLE accounts.account (
        id uuid PRIMARY KEY, email varchar(254) NOT NULL UNIQUE, password varchar(128) NOT NULL, last_login timestamptz,
        first_name text NOT NULL, last_name text NOT NULL, is_superuser boolean NOT NULL, plan_code varchar(10) NOT NULL)`
  })
  afterAll(async () => {
    await other?.end()
    await pg?.close()
    await server?.stop()
  })

  describe("of Django's auth_user", () => {
    it("have a field for each column, with instants in epoch milliseconds", async () => {
      const row = await Effect.runPromise(pg.users.create({ ...newUser, username: "alice" }, NOW))
      const id = Number(row?.id)
      expect(row).toEqual({
        id: String(id),
        password: "encoded",
        isActive: true,
        user: {
          id,
          username: "alice",
          email: "",
          firstName: "",
          lastName: "",
          isActive: true,
          isStaff: false,
          isSuperuser: true,
          lastLoginAt: null,
          joinedAt: NOW
        } satisfies DjangoUser
      })
    })
    it("are found by 64-bit integers, in columns of any width", async () => {
      await other`ALTER TABLE auth_user ALTER COLUMN id TYPE bigint`
      await other`
        INSERT INTO auth_user VALUES
          (5000000000, 'pw', NULL, false, 'far', '', '', '', false, false, now()),
          (9223372036854775807, 'pw', NULL, false, 'beyond', '', '', '', false, true, now())`
      const found = await Effect.runPromise(pg.users.findById("5000000000"))
      expect(found).toMatchObject({ id: "5000000000", isActive: false, user: { id: 5_000_000_000, username: "far" } })
      expect(await Effect.runPromise(pg.users.findById("9223372036854775808"))).toBeUndefined()
      // A JavaScript number cannot represent it exactly, so the id is a string.
      const failure = await Effect.runPromise(Effect.flip(pg.users.findById("9223372036854775807")))
      expect(failure.cause).toEqual(new RowInvalid({ table: '"auth_user"', column: '"id"' }))
    })
  })

  describe("of a custom table", () => {
    it("have the type of their schema, and the configured columns", async () => {
      const own = postgres({ ...patient, url: server.url, users: accounts })
      const row = await Effect.runPromise(own.users.create({ ...newUser, username: "bob@example.com" }, NOW))
      const plan: "free" | "paid" | undefined = row?.user.plan
      expect(plan).toBe("free")
      expect(row).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        password: "encoded",
        isActive: true,
        user: { id: row?.id, username: "bob@example.com", plan: "free" }
      })
      expect(await Effect.runPromise(own.users.findById(row!.id))).toEqual(row)
      expect(await Effect.runPromise(own.users.findByUsername("bob@example.com"))).toEqual(row)
      expect(await Effect.runPromise(own.users.findById(row!.id.toUpperCase()))).toEqual(row)
      expect(await Effect.runPromise(own.users.findById(`${row!.id}0`))).toBeUndefined()
      expect(own.users.idOf(row!.user)).toBe(row?.id)

      const key = freshKey()
      const expiresAt = NOW + 1000
      await Effect.runPromise(own.sessions.commit({ _tag: "Insert", key, text: "text", expiresAt }, NOW))
      own.sessions.prefetch?.remember(key, "backend", row!.id)
      expect(await Effect.runPromise(own.sessions.load(key, NOW))).toMatchObject({ prefetched: { known: row } })
      await own.close()
    })
    it("are found for a password reset by their address", async () => {
      const own = postgres({ ...patient, url: server.url, users: accounts })
      const row = await Effect.runPromise(own.users.create({ ...newUser, username: "Dora@example.com" }, NOW))
      const find = (by: { readonly id: string } | { readonly email: string }) =>
        Effect.runPromise(own.users.findForReset?.(by) ?? Effect.die("this store has none"))
      const found = [{ ...row, email: "Dora@example.com", lastLoginAt: null }]
      expect(await find({ id: row!.id })).toEqual(found)
      expect(await find({ email: "dora@EXAMPLE.com" })).toEqual(found)
      await own.close()
    })
    it("have no address and no last login if the table has no columns for them", async () => {
      const columns = { email: false, lastLoginAt: false, joinedAt: false, isActive: false } as const
      await other`CREATE TABLE accounts.bare (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        username text NOT NULL UNIQUE, password text NOT NULL, first_name text, last_name text, is_staff boolean,
        is_superuser boolean)`
      const schema = Schema.Struct({ id: Schema.Number, username: Schema.String })
      const own = postgres({ ...patient, url: server.url, users: { table: "accounts.bare", columns, schema } })
      const row = await Effect.runPromise(own.users.create({ ...newUser, username: "eve" }, NOW))
      const find = (by: { readonly id: string } | { readonly email: string }) =>
        Effect.runPromise(own.users.findForReset?.(by) ?? Effect.die("this store has none"))
      expect(await find({ id: row!.id })).toEqual([{ ...row, email: null, lastLoginAt: null }])
      expect(await find({ email: "eve" })).toEqual([])
      await own.close()
    })
    it("cause an error if they do not fit the schema, which names the column and not the value", async () => {
      const own = postgres({ ...patient, url: server.url, users: accounts })
      const id = "00000000-0000-4000-8000-000000000000"
      await other`
        INSERT INTO accounts.account VALUES (${id}, 'c@example.com', 'pw', NULL, '', '', false, 'hush')`
      const failure = await Effect.runPromise(Effect.flip(own.users.findById(id)))
      expect(failure).toMatchObject({ _tag: "StoreUnavailable", operation: "find a user" })
      expect(failure.cause).toEqual(new RowInvalid({ table: '"accounts"."account"', column: '"plan_code"' }))
      expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain("hush")

      // The session itself loads; only a query for its user reports the failure.
      const key = freshKey()
      await Effect.runPromise(own.sessions.commit({ _tag: "Insert", key, text: "text", expiresAt: NOW + 1 }, NOW))
      own.sessions.prefetch?.remember(key, "backend", id)
      expect(await Effect.runPromise(own.sessions.load(key, NOW))).toEqual({
        _tag: "SessionFound",
        text: "text",
        prefetched: undefined
      })
      await own.close()
    })
    it("are refused at the start if two fields have the same column, with what to write instead", () => {
      expect(() => postgres({ url: server.url, users: { columns: { username: "email" } } })).toThrow(
        'users.columns.email: users.columns.username already has the column "email"; write false if the table has no column for the field'
      )
    })
    it.each<[string, UserTableOptions]>([
      ["a table that is no name", { table: 'auth_user"; DROP TABLE auth_user; --' }],
      ["two dots", { table: "a.b.c" }],
      ["a column that is no name", { columns: { isStaff: "is staff" } }],
      ["a column beyond ASCII", { columns: { username: "näme" } }],
      ["a column that is too long", { columns: { username: "n".repeat(64) } }],
      ["no password", { columns: { password: false } }],
      ["no column for a field of the schema", { columns: { firstName: false } }],
      ["an inherited name", { columns: { username: "__proto__ " } }],
      ["a column that creating a user would write twice", { columns: { username: "email" } }],
      ["a default for a column that is written anyway", { defaults: { is_staff: true } }]
    ])("are refused with %s", (_, users) => {
      expect(() => postgres({ url: server.url, users })).toThrow(ConfigurationInvalid)
    })
  })
})
