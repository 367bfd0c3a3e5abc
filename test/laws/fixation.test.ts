/** A session key from before a login is worthless after it (session fixation). */
import * as fc from "fast-check"
import { describe, expect } from "vitest"
import { type Browser, browser, copyOf, sessionOf } from "./browser.ts"
import { interleaved, type Law, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import { keyOf, makeWorld, type Page, type World } from "./world.ts"

/** The browser's session before the login. */
const befores = ["nothing", "an unknown key", "an anonymous session", "alice", "bob"] as const
type Before = (typeof befores)[number]

const prepared = async (world: World, before: Before): Promise<Browser> => {
  const victim = browser(before === "an unknown key" ? { sessionid: "chosenbysomebodyelse" } : {})
  if (before === "an anonymous session") await world.request(victim, Pages.write("old", before))
  if (before === "alice" || before === "bob") {
    await world.request(victim, Pages.login(before))
    await world.request(victim, Pages.write("old", before))
  }
  return victim
}

/** What an attacker who knows the key does with it during the login. */
const besides = { visit: Pages.visit, write: Pages.write("planted", 1), cycle: Pages.cycle, logout: Pages.logout }
const beside = fc.array(fc.constantFrom(...Object.keys(besides)) as fc.Arbitrary<keyof typeof besides>, {
  maxLength: 3
})
const username = fc.constantFrom("alice", "bob")

const fixation =
  (judge: (world: World, run: Run) => void): Law =>
  (plant) =>
    fc.asyncProperty(
      fc.constantFrom(...befores),
      username,
      beside,
      turns(),
      async (before, user, others, scheduler) => {
        const world = await makeWorld({ plant })
        const victim = await prepared(world, before)
        const known = sessionOf(victim)
        const seen = new Set(known === undefined ? world.seen : [...world.seen, known])
        const was = new Map([...seen].map((cookie) => [cookie, world.who(cookie)]))
        const thief = browser(known === undefined ? {} : { sessionid: known })
        const [login] = await interleaved(world, scheduler, () => [
          world.request(victim, Pages.login(user)),
          Promise.all(others.map((other) => world.request(copyOf(thief), besides[other])))
        ])
        judge(world, { before, user, known, seen, was, login })
      }
    )

interface Run {
  readonly before: Before
  readonly user: string
  /** The key that the browser sent. */
  readonly known: string | undefined
  readonly seen: ReadonlySet<string>
  readonly was: ReadonlyMap<string, string | undefined>
  readonly login: { readonly status: number; readonly issued: string | undefined }
}

describe("a login", () => {
  states(
    "session fixation",
    "a key that was known before the login does not act as the user afterwards",
    fixation((world, { seen, user, was }) => {
      const fixed = [...seen].filter((cookie) => world.who(cookie) === user && was.get(cookie) !== user)
      expect(fixed, "session fixation: known keys that act as the user").toEqual([])
    }),
    { finds: plants("a Move writes under the old key", "a Move writes the new data under both keys") }
  )

  states(
    "new key at a login",
    "the session gets a new key and the old row is deleted, unless the same user was already logged in",
    fixation((world, { before, known, login, seen, user }) => {
      if (before === user) return
      expect(login.status, "new key at a login: the login succeeds").toBe(200)
      expect(login.issued !== undefined && !seen.has(login.issued), "new key at a login: the key is new").toBe(true)
      expect(world.who(login.issued ?? ""), "new key at a login: the key is the user's").toBe(user)
      if (known === undefined) return
      expect(world.who(known), "new key at a login: the old key acts as no user").toBe(undefined)
      expect(world.stores.sessions.rows.has(keyOf(known)), "new key at a login: the old key has no row").toBe(false)
    }),
    {
      finds: plants(
        "a Move keeps the old row",
        "a Move writes under the old key",
        "a Move writes the new data under both keys"
      )
    }
  )

  states("key chosen by a client", "no login and no write uses a key that the site did not issue", () =>
    fc.asyncProperty(
      fc.constantFrom<Page<unknown>>(Pages.write("key", 1), Pages.cycle, Pages.clear, Pages.login("alice")),
      fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789-_"), minLength: 1, maxLength: 64 }),
      async (page, chosen) => {
        const world = await makeWorld()
        const { issued, status } = await world.request(browser({ sessionid: chosen }), page)
        expect([200, 400], "key chosen by a client: answered").toContain(status)
        expect(issued, "key chosen by a client: the key").not.toBe(chosen)
        expect(world.chronicle.stored.has(chosen), "key chosen by a client: its row").toBe(false)
      }
    )
  )

  states(
    "data kept at a login",
    "a login keeps what an anonymous visitor stored, and nothing of another user",
    (plant) =>
      fc.asyncProperty(
        fc.constantFrom<Before>("an anonymous session", "alice"),
        fc.nat({ max: 3 }),
        turns(),
        async (before, writers, scheduler) => {
          const world = await makeWorld({ plant })
          const visitor = await prepared(world, before)
          const [login, writes] = await interleaved(world, scheduler, () => [
            world.request(visitor, Pages.login("bob")),
            Promise.all(
              Array.from({ length: writers }, (_, each) =>
                world.request(copyOf(visitor), Pages.write(`key${each}`, each))
              )
            )
          ])
          // An attacker's request after the login found no session, and wrote into a new one.
          const written = writes.flatMap(({ issued, presented, status }, each) =>
            status === 200 && issued === presented ? [[`key${each}`, String(each)]] : []
          )
          const kept =
            before === "an anonymous session" ? Object.fromEntries([["old", JSON.stringify(before)], ...written]) : {}
          const { value } = await world.request(browser({ sessionid: login.issued ?? "" }), Pages.look)
          expect(value, "data kept at a login: what is carried over").toEqual({ user: "bob", data: kept })
        }
      ),
    {
      finds: plants(
        "a Move keeps the old row",
        "an Update does not compare the row's text",
        "a Move does not compare the row's text"
      )
    }
  )

  states(
    "data from before a password change",
    "a login keeps no data of the same user's session from before a password change",
    (plant) =>
      fc.asyncProperty(fc.boolean(), async (isNoticed) => {
        const world = await makeWorld({ plant })
        const visitor = await prepared(world, "alice")
        const known = sessionOf(visitor) ?? ""
        const elsewhere = browser()
        await world.request(elsewhere, Pages.login("alice"))
        await world.request(elsewhere, Pages.changePassword("another"))
        // From now on the session's auth hash is wrong. `getUser` checks the hash; a login must check it too.
        if (isNoticed) await world.request(copyOf(visitor), Pages.visit)
        const { issued = "", status } = await world.request(visitor, Pages.login("alice", "another"))
        expect([status, world.who(issued), issued === known], "data from before a password change: the login").toEqual([
          200,
          "alice",
          false
        ])
        const { value } = await world.request(visitor, Pages.look)
        expect(value, "data from before a password change: what is carried over").toEqual({ user: "alice", data: {} })
        expect(world.stores.sessions.rows.has(keyOf(known)), "data from before a password change: the old row").toBe(
          false
        )
      })
  )
})
