import * as Effect from "effect/Effect"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { type PostgresOptions, postgres } from "../../../../../src/adapters/store/postgres.ts"
import type { SessionChange } from "../../../../../src/core/effect.ts"
import { django, djangoService } from "../../../../rig/django.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { browser, logIn, model, whoIsThere } from "../../../request/site.ts"
import { freshKey } from "../../session-calls.ts"
import { sessionStoreContract } from "../../session-store-contract.ts"
import { userSessionStoreContract } from "../../user-sessions-contract.ts"

const run = Effect.runPromise
const START = Date.UTC(2026, 0, 2)
const MINUTE = 60_000
const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

describe.skipIf(!service("postgres").available)("on PostgreSQL", () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
    const pg = postgres({ ...patient, url: server.url, userSessions: true })
    await pg.createTables()
    await pg.close()
  })
  afterAll(() => server?.stop())

  const make = async () => {
    const pg = postgres({ ...patient, url: server.url, userSessions: true })
    return { store: pg.sessions, users: pg.users, close: pg.close }
  }
  sessionStoreContract("PostgreSQL that records the sessions of users", make)
  userSessionStoreContract("PostgreSQL", make)

  /** All processes have the same clock: a forwarding to a new key is remembered for a minute. */
  const clock = { now: START }
  /** One process of an application. */
  const application = (url: string, options: Partial<PostgresOptions> = {}) => {
    const { users: _, ...stores } = options
    const pg = postgres({ ...patient, url, userSessions: true, max: 2, ...stores })
    const auth = createAuth({
      secretKey,
      djangoVersion: "4.2",
      sessions: pg.sessions,
      backends: { [model]: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      clockAndRandom: { now: () => clock.now }
    })
    return { auth, pg }
  }
  const query = async (url: string, text: string) => {
    const db = sql(url, { max: 1, onnotice: () => {} })
    try {
      return [...(await db.unsafe(text))]
    } finally {
      await db.end()
    }
  }

  describe("one application", () => {
    let url: string
    let site: ReturnType<typeof application>
    let cold: ReturnType<typeof application>
    beforeAll(async () => {
      url = await server.createDatabase()
      site = application(url)
      cold = application(url)
      await site.pg.createTables()
      await site.auth.createUser({ username: "alice", password: "alice's" })
      await site.auth.createUser({ username: "bob", password: "bob's" })
    })
    afterAll(async () => {
      await site?.pg.close()
      await cold?.pg.close()
    })
    type Site = ReturnType<typeof application>
    /** Only what `browser` uses. */
    const browserOn = ({ auth }: Site, cookies?: Map<string, string>) =>
      // biome-ignore lint/suspicious/noExplicitAny: the handlers of site.ts are written for the users in memory
      browser({ auth: auth as any }, cookies)
    const loggedIn = async (on = site, username = "alice") => {
      const one = browserOn(on)
      await one.visit(logIn(username))
      return one
    }
    const userNamed = async (username: string) =>
      (await site.auth.accounts.findUser({ username }).pipe(run)) ?? expect.fail(`no user ${username}`)
    const statements = async (run: () => Promise<unknown>): Promise<ReadonlyArray<string>> =>
      (await server.statementsOf(run, url)).map((text) => /^\s*(\w+)/.exec(text)?.[1] ?? "")

    describe("sends", () => {
      it("no more statements for a login and a logout than without records", async () => {
        const plain = application(url, { userSessions: false })
        const counts = async (on: Site) => {
          const one = browserOn(on)
          const login = await statements(() => one.visit(logIn()))
          const write = await statements(() => one.visit(({ session }) => session.set("a", 1)))
          const renewal = await statements(() => one.visit(({ session }) => session.cycleKey()))
          const logout = await statements(() => one.visit(({ logout }) => logout()))
          return [login, write, renewal, logout].map(({ length }) => length)
        }
        try {
          await counts(plain)
          expect(await counts(site)).toEqual(await counts(plain))
        } finally {
          await plain.pg.close()
        }
      })
      it("one for an authenticated request, also in a process that has not seen the session", async () => {
        const phone = await loggedIn()
        for (const on of [site, cold, site]) {
          const here = browserOn(on, phone.cookies)
          expect(await statements(async () => expect(await whoIsThere(here)).toBe("alice"))).toEqual(["SELECT"])
        }
      })
      it("one more once per interval, and none for a request that reads no session", async () => {
        const phone = await loggedIn()
        clock.now += 5 * MINUTE
        expect(await statements(() => phone.visit(() => {}))).toEqual([])
        expect(await statements(() => whoIsThere(phone))).toEqual(["SELECT", "WITH"])
        expect(await statements(() => whoIsThere(phone))).toEqual(["SELECT"])
      })
      it("two for a list, two to end a session, and one for each session besides the list to end all", async () => {
        const alice = await userNamed("alice")
        await site.auth.endSessions(alice)
        const phone = await loggedIn()
        await loggedIn()
        await loggedIn()
        let id = ""
        expect(
          await statements(async () => {
            id = (await site.auth.listSessions(alice))[0]?.id ?? ""
          })
        ).toEqual(["SELECT", "SELECT"])
        expect(await statements(() => site.auth.endSession(alice, id))).toEqual(["SELECT", "WITH"])
        expect(await statements(() => site.auth.endSession(alice, "unknown"))).toEqual([])
        await phone.visit(() => {})
        expect(await statements(() => site.auth.endSessions(alice))).toEqual(["SELECT", "WITH", "WITH"])
      })
    })

    it("sweeps the records of sessions that another program has deleted, in batches", async () => {
      const bob = await userNamed("bob")
      const phone = await loggedIn(site, "bob")
      await query(
        url,
        `INSERT INTO latchkey_user_session SELECT 'orphan' || n, 'orphan', repeat('a', 43), '${model}', '9', now(), now() FROM generate_series(1, 2500) AS n`
      )
      const sent = await statements(() => site.auth.clearSessions())
      expect(sent).toEqual(["DELETE", "WITH", "WITH", "WITH"])
      expect(await query(url, "SELECT FROM latchkey_user_session WHERE user_id = '9'")).toEqual([])
      expect((await site.auth.listSessions(bob)).length).toBe(1)
      expect(await whoIsThere(phone)).toBe("bob")
    })

    it("gives no new session the key of a record that is left", async () => {
      const key = freshKey()
      const commit = (change: SessionChange) => run(site.pg.sessions.commit(change, clock.now))
      const visit = (id: string) => ({
        user: { backend: model, id: "77" },
        id: id.repeat(43),
        at: clock.now,
        seenBefore: clock.now,
        clientAddress: undefined,
        userAgent: undefined
      })
      const insert = (id: string) =>
        commit({ _tag: "Insert", key, text: "text", expiresAt: clock.now + MINUTE, visit: visit(id) })
      expect(await insert("a")).toMatchObject({ _tag: "Committed" })
      await query(url, `DELETE FROM django_session WHERE session_key = '${key}'`)
      expect(await insert("b")).toEqual({ _tag: "KeyTaken" })
      expect(await query(url, `SELECT FROM django_session WHERE session_key = '${key}'`)).toEqual([])
      await site.auth.clearSessions()
      expect(await insert("c")).toMatchObject({ _tag: "Committed" })
    })

    it("stores no key of a session, and no text from which a key can be guessed", async () => {
      const phone = await loggedIn()
      const keys = [phone.cookies.get("sessionid")]
      await phone.visit(({ session }) => session.cycleKey())
      keys.push(phone.cookies.get("sessionid"))
      const dump = JSON.stringify(await query(url, "SELECT * FROM latchkey_user_session"))
      for (const key of keys) {
        expect(key).toHaveLength(32)
        // A quarter of the key is there, to find the session by an index.
        expect(dump.includes(String(key).slice(0, 9))).toBe(false)
        expect(dump.includes(String(key).slice(8))).toBe(false)
      }
    })

    it("finds each of two sessions whose keys begin in the same way", async () => {
      const alice = await userNamed("alice")
      await site.auth.endSessions(alice)
      const [phone, laptop] = [await loggedIn(), await loggedIn()]
      const twin = String(phone.cookies.get("sessionid")).slice(0, 8) + "z".repeat(24)
      await query(
        url,
        `UPDATE django_session SET session_key = '${twin}' WHERE session_key = '${laptop.cookies.get("sessionid")}'`
      )
      laptop.cookies.set("sessionid", twin)
      expect(await whoIsThere(laptop)).toBe("alice")
      const [first, second] = await site.auth.listSessions(alice)
      expect(new Set([first?.id, second?.id]).size).toBe(2)
      expect(await site.auth.endSession(alice, first?.id ?? "")).toBe(true)
      expect((await site.auth.listSessions(alice)).map(({ id }) => id)).toEqual([second?.id])
      await site.auth.clearSessions()
      expect((await site.auth.listSessions(alice)).map(({ id }) => id)).toEqual([second?.id])
    })

    it("answers although the visit cannot be recorded, and records the next one", async () => {
      const phone = await loggedIn()
      clock.now += 5 * MINUTE
      await query(
        url,
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;" +
          "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON latchkey_user_session EXECUTE FUNCTION refuse()"
      )
      expect(await whoIsThere(phone)).toBe("alice")
      await query(url, "DROP TRIGGER refuse ON latchkey_user_session")
      expect(await statements(() => whoIsThere(phone))).toEqual(["SELECT", "WITH"])
    })

    describe("with two processes, at the same time", () => {
      const rounds = 25
      it("endSession and a new key: the session has ended", async () => {
        const alice = await userNamed("alice")
        for (let i = 0; i < rounds; i++) {
          await site.auth.endSessions(alice)
          const phone = await loggedIn()
          const known = new Map(phone.cookies)
          const [listed] = await site.auth.listSessions(alice)
          const [ended] = await Promise.all([
            site.auth.endSession(alice, listed?.id ?? ""),
            browserOn(cold, phone.cookies)
              .visit(({ session }) => session.cycleKey())
              .catch(() => {})
          ])
          expect(ended).toBe(true)
          for (const cookies of [known, phone.cookies])
            expect(await whoIsThere(browserOn(site, cookies))).toBe(undefined)
        }
      })
      it("endOtherSessions and any request of both sessions: only this one stays, and it is listed", async () => {
        const alice = await userNamed("alice")
        for (let i = 0; i < rounds; i++) {
          await site.auth.endSessions(alice)
          const [phone, laptop] = [await loggedIn(), await loggedIn()]
          const known = new Map(laptop.cookies)
          const other = browserOn(cold, laptop.cookies)
          await Promise.all([
            phone.visit(({ endOtherSessions }) => endOtherSessions()),
            other.visit(({ session }) => (i % 2 ? session.cycleKey() : session.set("a", i))).catch(() => {}),
            browserOn(cold, known).visit(({ session }) => session.get("a"))
          ])
          for (const cookies of [known, laptop.cookies])
            expect(await whoIsThere(browserOn(cold, cookies))).toBe(undefined)
          expect(await whoIsThere(phone)).toBe("alice")
          expect((await site.auth.listSessions(alice)).length).toBe(1)
        }
      })
      it("requests of one session that renew, write and visit: it is listed once", async () => {
        const alice = await userNamed("alice")
        await site.auth.endSessions(alice)
        const phone = await loggedIn()
        for (let i = 0; i < rounds; i++) {
          clock.now += 6 * MINUTE
          const before = new Map(phone.cookies)
          const tab = (on: Site) => browserOn(on, new Map(before))
          await Promise.all([
            phone.visit(({ session }) => session.cycleKey()),
            tab(cold).visit(async ({ getUser }) => void (await getUser())),
            tab(site)
              .visit(({ session }) => session.set("a", i))
              .catch(() => {})
          ])
          // Another tab may have written first: then the renewal was done again on its text.
          expect(await whoIsThere(phone)).toBe("alice")
          expect((await site.auth.listSessions(alice)).length).toBe(1)
        }
      })
    })
  })

  describe("the table", () => {
    const tables = async (url: string) =>
      (
        await query(
          url,
          "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE tablename LIKE '%user_session%' ORDER BY 1"
        )
      ).map(({ name }) => name)
    it.each<[string, Partial<PostgresOptions>, string]>([
      ["is beside the sessions", {}, "public.latchkey_user_session"],
      ["is in the schema of the option", { schema: "tenant" }, "tenant.latchkey_user_session"],
      ["has the name of the option", { userSessions: { table: "my_user_sessions" } }, "public.my_user_sessions"],
      [
        "has name and schema of the options",
        { schema: "tenant", userSessions: { table: "user_sessions" } },
        "tenant.user_sessions"
      ]
    ])("%s", async (_, options, name) => {
      const url = await server.createDatabase()
      const site = application(url, options)
      await site.pg.createTables()
      await site.pg.createTables()
      expect(await tables(url)).toEqual([name])
      const created = await site.auth.createUser({ username: "alice", password: "alice's" })
      const alice = created ?? expect.fail("no user")
      const request = site.auth.open({
        ...{ method: "GET", target: "/", headers: [] },
        transport: { secure: false, serverName: "localhost", serverPort: "80" }
      })
      await request.context.login(alice)
      await request.respond(200)
      expect((await site.auth.listSessions(alice)).length).toBe(1)
      await site.pg.close()
    })
    it("of an earlier version, which stored keys, is converted and loses no session", async () => {
      const url = await server.createDatabase()
      const site = application(url)
      await site.pg.createTables()
      const alice = (await site.auth.createUser({ username: "alice", password: "alice's" })) ?? expect.fail("no user")
      // biome-ignore lint/suspicious/noExplicitAny: the handlers of site.ts are written for the users in memory
      const phone = browser({ auth: site.auth as any })
      await phone.visit(logIn())
      const before = await site.auth.listSessions(alice)
      const key = phone.cookies.get("sessionid")
      await query(
        url,
        `ALTER TABLE latchkey_user_session RENAME COLUMN key_hash TO session_key;
         ALTER TABLE latchkey_user_session DROP COLUMN key_start;
         UPDATE latchkey_user_session SET session_key = '${key}';
         ALTER TABLE latchkey_user_session ALTER COLUMN session_key TYPE varchar(40)`
      )
      const [planned] = (await site.pg.createTables({ dryRun: true })).filter(({ state }) => state === "earlier")
      expect(planned?.message).toBe("latchkey_user_session has the columns of an earlier version: would be converted")
      expect(planned?.statements).toHaveLength(4)
      const steps = await site.pg.createTables()
      expect(steps.find(({ state }) => state === "earlier")).toEqual({
        ...planned,
        message: "latchkey_user_session has the columns of an earlier version: converted"
      })
      expect(await site.auth.listSessions(alice)).toEqual(before)
      expect(JSON.stringify(await query(url, "SELECT * FROM latchkey_user_session"))).not.toContain(key)
      expect((await site.pg.createTables()).map(({ state }) => state)).not.toContain("earlier")
      expect(await site.auth.endSessions(alice)).toBe(1)
      await site.pg.close()
    })
    it("is not created unless it is asked for", async () => {
      const url = await server.createDatabase()
      const site = application(url, { userSessions: false })
      await site.pg.createTables()
      expect(await tables(url)).toEqual([])
      await site.pg.close()
    })
    it("has no name that could not be quoted", () => {
      expect(() => postgres({ url: server.url, userSessions: { table: 'a"b' } })).toThrow("userSessions.table")
    })
  })

  describe.skipIf(!djangoService().available)("beside a Django", () => {
    it("lists Django's sessions from their next request on, and no session that Django has ended", async () => {
      const url = await server.createDatabase()
      const oracle = django({ databaseUrl: url, secretKey, passwordIterations: 1 })
      await oracle.migrate()
      await oracle.createUsers([{ username: "alice", password: "alice's" }])
      const site = application(url)
      await site.pg.createTables()
      const alice = (await site.auth.accounts.findUser({ username: "alice" }).pipe(run)) ?? expect.fail("no user")
      const listed = async () => (await site.auth.listSessions(alice)).length
      const django_login = String(
        await oracle.manage(
          `from django.contrib.auth import get_user_model, SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.get(username="alice")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "${model}"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
answer = session.session_key`
        )
      )
      expect(await listed()).toBe(0)
      // biome-ignore lint/suspicious/noExplicitAny: the handlers of site.ts are written for the users in memory
      const visitor = browser({ auth: site.auth as any }, new Map([["sessionid", django_login]]))
      clock.now = Date.now()
      expect(await whoIsThere(visitor)).toBe("alice")
      expect(await listed()).toBe(1)
      const cycled = await oracle.manage(
        `from django.contrib.sessions.backends.db import SessionStore
session = SessionStore(session_key=given)
session.cycle_key()
session.save()
answer = session.session_key`,
        django_login
      )
      expect(await listed()).toBe(0)
      visitor.cookies.set("sessionid", String(cycled))
      expect(await whoIsThere(visitor)).toBe("alice")
      expect(await listed()).toBe(1)
      await oracle.manage(
        `from django.contrib.sessions.backends.db import SessionStore
SessionStore(session_key=given).delete()
answer = None`,
        cycled
      )
      expect(await listed()).toBe(0)
      expect(await query(url, "SELECT FROM latchkey_user_session")).not.toEqual([])
      await site.auth.clearSessions()
      expect(await query(url, "SELECT FROM latchkey_user_session")).toEqual([])
      await site.pg.close()
    })
  })
})
