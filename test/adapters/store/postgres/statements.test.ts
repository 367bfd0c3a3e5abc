/**
 * `docs/statements.md` lists every statement that latchkey sends to PostgreSQL. The statements are read from the server's
 * log. `npm run docs:statements` writes the list instead of comparing it.
 *
 * A statement that nothing here sends would be missing. So the calls of `prepare` are recorded: each text that was
 * prepared has to be on the page, and each call of `prepare` in the source has to be reached.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import sqlOf from "postgres"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import {
  type PostgresStores,
  type PostgresThrottle,
  postgres,
  postgresThrottle
} from "../../../../src/adapters/store/postgres.ts"
import type { SessionChange, SessionVisit } from "../../../../src/core/effect.ts"
import type { SessionKey } from "../../../../src/core/session-key.ts"
import { patient } from "../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../rig/postgres-server.ts"
import { service } from "../../../rig/services.ts"
import { permissionStoreContract } from "../permission-contract.ts"
import { freshKey } from "../session-calls.ts"
import { userStoreContract } from "../user-store-contract.ts"
import { asLogged, placeOfCaller, placesOf } from "./prepared-statements.ts"
import { readPage, type StatementSection, statementsIn, writePage } from "./statements-page.ts"

/** The texts that were prepared, with an error that was made there. */
const prepared = vi.hoisted(() => {
  // Another suite may have loaded the modules already, without the recording function.
  vi.resetModules()
  const none: Array<readonly [text: string, made: Error]> = []
  return none
})
vi.mock("../../../../src/adapters/store/postgres/connection/statement.ts", async (original) => {
  const actual = await original<typeof import("../../../../src/adapters/store/postgres/connection/statement.ts")>()
  const prepare: typeof actual.prepare = (text) => {
    prepared.push([text, new Error()])
    return actual.prepare(text)
  }
  return { ...actual, prepare }
})

const file = fileURLToPath(new URL("../../../../docs/statements.md", import.meta.url))
const writes = process.env["LATCHKEY_WRITE_STATEMENTS"] === "1"
const NOW = Date.UTC(2026, 0, 2)
const LATER = NOW + 86_400_000

const visited: SessionVisit = {
  user: { backend: "django.contrib.auth.backends.ModelBackend", id: "1" },
  id: "v".repeat(43),
  at: NOW,
  seenBefore: NOW - 60_000,
  clientAddress: "192.0.2.1",
  userAgent: "a browser"
}

type Stores = PostgresStores<unknown>
type Operation = readonly [
  title: string,
  run: (stores: Stores, key: SessionKey, visit?: SessionVisit) => Promise<unknown>
]

const commit =
  (change: (key: SessionKey) => Exclude<SessionChange, { _tag: "Delete" }>): Operation[1] =>
  ({ sessions }, key, visit) =>
    Effect.runPromise(sessions.commit({ ...change(key), ...(visit && { visit }) }, NOW))
const rest = { text: "new", expiresAt: LATER }
const moved = (from: SessionKey) =>
  ({ _tag: "Move", from, was: "text", to: freshKey(), ifGone: "Refuse", ...rest }) as const

/** Each is run on a session of its own. */
const written: ReadonlyArray<Operation> = [
  ["Store a new session", commit(() => ({ _tag: "Insert", key: freshKey(), ...rest }))],
  [
    "Change a session, if its text is the one that was read",
    commit((key) => ({ _tag: "Update", key, was: "text", ...rest }))
  ],
  ["Replace a session that was not read", commit((key) => ({ _tag: "Update", key, was: undefined, ...rest }))],
  ["Give a session a new key at a login", commit(moved)],
  [
    "Give a session a new key, and forward a logout with the old one",
    commit((key) => ({ ...moved(key), forwards: true }))
  ],
  ["End a session", ({ sessions }, key) => Effect.runPromise(sessions.commit({ _tag: "Delete", key }, NOW))]
]
const load: Operation[1] = ({ sessions }, key) => Effect.runPromise(sessions.load(key, NOW))
const loadTwo: Operation[1] = (stores, key) =>
  Promise.all([load(stores, key, undefined), load(stores, freshKey(), undefined)])
const plain: ReadonlyArray<Operation> = [
  ["Read a session, before this process has loaded a user", load],
  ["Read sessions that are asked for at the same time, before this process has loaded a user", loadTwo],
  [
    "Read a session and its user",
    async (stores, key) => {
      stores.sessions.prefetch?.remember(key, "backend", "1")
      await load(stores, key, undefined)
    }
  ],
  [
    "Read sessions that are asked for at the same time, and their users",
    async (stores, key) => {
      stores.sessions.prefetch?.remember(key, "backend", "1")
      await loadTwo(stores, key, undefined)
    }
  ],
  ...written,
  ["Remove expired sessions", ({ sessions }) => Effect.runPromise(sessions.clearExpired(NOW))],
  ["Count expired sessions", ({ sessions }) => Effect.runPromise(sessions.countExpired?.(NOW) ?? Effect.succeed(0))],
  [
    "See when a session expires",
    ({ sessions }, key) => Effect.runPromise(sessions.expiryOf?.(key) ?? Effect.succeed(undefined))
  ]
]
const recorded: ReadonlyArray<Operation> = [
  ["Read a session, its record and its user", load],
  ["Read sessions that are asked for at the same time, their records and their users", loadTwo],
  ...written,
  [
    "Give a session without a user a new key",
    (stores, key) => commit(moved)(stores, key, { ...visited, user: undefined })
  ],
  [
    "Record that a session is used",
    ({ sessions }, key) => Effect.runPromise(sessions.userSessions?.visit(key, visited) ?? Effect.void)
  ],
  [
    "List the sessions of a user",
    ({ sessions }) =>
      Effect.runPromise(sessions.userSessions?.list({ backends: ["b"], userId: "1" }, NOW) ?? Effect.void)
  ],
  [
    "Remove expired sessions, and records without a session",
    ({ sessions }) => Effect.runPromise(sessions.clearExpired(NOW))
  ]
]

const asks = (...keys: ReadonlyArray<string>) => keys.map((key) => ({ key, policy: { delays: [0], forgetSeconds: 1 } }))
const throttled: ReadonlyArray<
  readonly [title: string, run: (store: PostgresThrottle) => Effect.Effect<unknown, unknown>]
> = [
  ["Count an attempt on a known device, or without a user name", (store) => store.take(asks("device:a"), NOW)],
  ["Count an attempt with a user name", (store) => store.take(asks("network:a", "account:a"), NOW)],
  ["Forget the failures of a known device", (store) => store.settle([{ _tag: "Reset", key: "device:a" }])],
  [
    "Forget the failures of a user name, and take the attempt of a network back",
    (store) =>
      store.settle([
        { _tag: "TakeBack", key: "network:a", until: NOW },
        { _tag: "Reset", key: "account:a" }
      ])
  ],
  ["List keys", (store) => Effect.asVoid(store.list?.(NOW) ?? Effect.void)],
  ["List the keys of one user or address", (store) => Effect.asVoid(store.list?.(NOW, ["account:a"]) ?? Effect.void)],
  ["Remove forgotten keys", (store) => store.clearForgotten?.(NOW) ?? Effect.void]
]

describe.skipIf(!service("postgres").available)("the statements in docs/statements.md", () => {
  let server: PostgresServer
  const found: Array<StatementSection> = []
  const listed = writes ? [] : readPage(readFileSync(file, "utf8"))

  beforeAll(async () => {
    server = await startPostgres({ log_line_prefix: "%a|" })
  })
  afterAll(async () => {
    await server?.stop()
    vi.doUnmock("../../../../src/adapters/store/postgres/connection/statement.ts")
    vi.resetModules()
    if (writes) writeFileSync(file, writePage(readFileSync(file, "utf8"), found))
  })

  const expectListed = (title: string, statements: ReadonlyArray<string>) => {
    found.push({ title, statements })
    const there = listed.find((section) => section.title === title)
    if (!writes) expect([...statements].sort()).toEqual([...(there?.statements ?? [])].sort())
  }

  it("are all that createTables sends", async () => {
    const log = await server.logOf(async () => {
      const pg = postgres({ ...patient, url: server.url, userSessions: true })
      await pg.createTables()
      await postgresThrottle({ client: pg.client }).createTables()
      await pg.close()
    })
    expectListed("Create the tables", statementsIn(log))
  })

  describe.each([
    ["Sessions", false, plain],
    ["Sessions, with the option `userSessions`", true, recorded]
  ] as const)("%s", (group, userSessions, operations) => {
    it.each(operations)("%s", async (title, run) => {
      const pg = postgres({ ...patient, url: server.url, userSessions })
      const key = freshKey()
      const insert = { _tag: "Insert", key, text: "text", expiresAt: LATER } as const
      await Effect.runPromise(pg.sessions.commit(insert, NOW))
      const log = await server.logOf(() => run(pg, key, userSessions ? visited : undefined))
      await pg.close()
      expectListed(`${group}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`, statementsIn(log))
    })
  })

  it.each(throttled)("Throttle: %s", async (title, run) => {
    const store = postgresThrottle({ ...patient, url: server.url })
    const log = await server.logOf(() => Effect.runPromise(run(store)))
    await store.close()
    expectListed(`Throttle: ${title.charAt(0).toLowerCase()}${title.slice(1)}`, statementsIn(log))
  })

  describe.each([
    ["Users", userStoreContract],
    ["Permissions and groups", permissionStoreContract]
  ] as const)("%s", (title, contract) => {
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    let log: Promise<string>
    beforeAll(() => {
      log = server.logOf(() => done)
    })
    contract("the documented statements", async () => {
      const pg = postgres({ ...patient, url: server.url })
      return { users: pg.users, close: pg.close }
    })
    it("send no other statements", async () => {
      finish()
      expectListed(title, statementsIn(await log))
    })
  })

  it("are all that delete a user where Django's admin log is", async () => {
    const pg = postgres({ ...patient, url: server.url })
    const db = sqlOf(server.url, { max: 1, onnotice: () => {} })
    await db`CREATE TABLE django_admin_log (id serial PRIMARY KEY, user_id integer REFERENCES auth_user (id))`
    const log = await server.logOf(() => Effect.runPromise(pg.users.delete?.("1") ?? Effect.void))
    await db`DROP TABLE django_admin_log`
    await db.end()
    await pg.close()
    expectListed("Users: delete a user, with Django's admin log", statementsIn(log))
  })

  it("are all that `latchkey doctor` sends", async () => {
    const pg = postgres({ ...patient, url: server.url, userSessions: true })
    const log = await server.logOf(async () => {
      for (const examine of pg.sessions.examine ?? []) await Effect.runPromise(examine(() => NOW))
      await Effect.runPromise(postgresThrottle({ client: pg.client }).examine?.() ?? Effect.void)
    })
    await pg.close()
    expectListed("`latchkey doctor`", statementsIn(log))
  })

  it("have no others beside them", () => {
    if (!writes) expect(listed.map(({ title }) => title)).toEqual(found.map(({ title }) => title))
  })

  it("include every text that is prepared, and every place that prepares one was reached", () => {
    const texts = found.flatMap(({ statements }) => statements)
    expect(
      Array.from(new Set(prepared.map(([text]) => asLogged(text)))).filter((text) => !texts.includes(text))
    ).toEqual([])
    const places = placesOf(/(?<=[^\w.])prepare\(/g)
    expect(places).toHaveLength(new Set(places).size)
    expect([...new Set(prepared.map(([, made]) => placeOfCaller(made)))].toSorted()).toEqual(places.toSorted())
  })

  it("go to the driver through `prepare`, and three other places", () => {
    const files = placesOf(/\bsql(<[\w<>]+>)?[(`]|\bsql\.begin\b|\.unsafe\b/g).map((place) => place.replace(/:.*/, ""))
    expect(files.toSorted()).toEqual([
      "connection/statement.ts", // `prepare`
      "connection/statement.ts", // `inTransaction`: begin, commit
      "connection/statement.ts", // `script`: for `createTables`
      "setup/examine-database.ts" // `latchkey doctor`
    ])
    expect(placesOf(/(?<=[^\w.])script\(/g).map((place) => place.replace(/:.*/, ""))).toEqual(["setup/tables.ts"])
  })
})
