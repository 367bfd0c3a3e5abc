/** When the stores fail, no client gets a wrong answer. */
import * as fc from "fast-check"
import { describe, expect } from "vitest"
import { type Browser, browser, copyOf, sessionOf } from "./browser.ts"
import { interleaved, type Law, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import type { Fault } from "./stores.ts"
import { type Answer, keyOf, makeWorld, type Page, passwordOf, type World } from "./world.ts"

/** The faults of the requests' effects, in order. */
const faults = fc.array(fc.constantFrom<Fault>("none", "none", "refused", "ackLost", "slow"), {
  minLength: 1,
  maxLength: 8
})
const serverErrors = fc.constantFrom(500, 501, 502, 503, 504, 599)

/** Alice is logged in and her session holds data. */
const withAlice = async (options: Parameters<typeof makeWorld>[0]) => {
  const world = await makeWorld(options)
  const alice = browser()
  await world.request(alice, Pages.login("alice"))
  await world.request(alice, Pages.write("cart", [1]))
  return { world, alice, key: sessionOf(alice) ?? "" }
}

const snapshot = (world: World) => new Map(world.stores.sessions.rows)

describe("an outage", () => {
  const reading = { visit: Pages.visit, look: Pages.look }

  states(
    "outage during a read",
    "a page that shows the user shows alice or is a 503, and never shows an anonymous visitor",
    (plant) =>
      fc.asyncProperty(fc.constantFrom(...Object.values(reading)), faults, async (page, plan) => {
        const { alice, world } = await withAlice({ plant })
        world.afflict(plan)
        const { status, value } = await world.request<unknown>(alice, page)
        const told = status === 200 ? value : undefined
        expect([200, 503], "outage during a read: status").toContain(status)
        expect([undefined, "alice"], "outage during a read: who").toContain(typeof told === "string" ? told : undefined)
        if (status === 200) expect(JSON.stringify(value), "outage during a read: never anonymous").toContain("alice")
      }),
    { finds: plants("an outage is reported as an absent session") }
  )

  states(
    "outage",
    "the session does not count as absent: a 503 sets no cookie, reads write no row, and the session is unchanged",
    (plant) =>
      fc.asyncProperty(
        fc.array(fc.constantFrom("visit", "look", "write"), { minLength: 1, maxLength: 3 }),
        faults,
        turns(),
        async (names, plan, scheduler) => {
          const { alice, key, world } = await withAlice({ plant })
          const before = snapshot(world)
          world.afflict(plan)
          const pages = { ...reading, write: Pages.write("cart", [2]) }
          const [answers] = await interleaved(world, scheduler, () => [
            Promise.all(
              names.map((name) => world.request<unknown>(browser({ sessionid: key }), pages[name as "visit"]))
            )
          ])
          for (const { setCookies, status } of answers)
            if (status !== 200)
              expect({ status, setCookies }, "outage: answer").toEqual({ status: 503, setCookies: [] })
          if (!names.includes("write")) {
            expect(
              answers.flatMap(({ setCookies }) => setCookies),
              "outage: cookies"
            ).toEqual([])
            expect(snapshot(world), "outage: rows").toEqual(before)
          }
          world.afflict([])
          const { value } = await world.request(alice, Pages.look)
          expect({ key: sessionOf(alice), user: value?.user }, "outage: afterwards").toEqual({ key, user: "alice" })
          expect(["[1]", "[2]"], "outage: data, old or new").toContain(value?.data["cart"])
        }
      ),
    { finds: plants("an outage is reported as an absent session", "a failed write is reported as a deleted session") }
  )
})

describe("a success", () => {
  /** The checks for a request that was answered with 200. */
  const promises: Readonly<
    Record<string, { readonly page: Page<unknown>; readonly kept: (world: World, answer: Answer<unknown>) => unknown }>
  > = {
    login: { page: Pages.login("bob"), kept: (world, { issued = "" }) => world.who(issued) === "bob" },
    logout: {
      page: Pages.logout,
      kept: (world, { presented = "" }) =>
        world.who(presented) === undefined && !world.stores.sessions.rows.has(keyOf(presented))
    },
    write: {
      page: Pages.write("cart", [2]),
      kept: (world, { issued = "" }) => world.dataOf(issued)?.get("cart") === "[2]"
    },
    cycle: {
      page: Pages.cycle,
      kept: (world, { issued = "", presented = "" }) =>
        world.who(issued) === "alice" && world.who(presented) === undefined
    },
    "change of password": {
      page: Pages.changePassword("another"),
      kept: (world, { issued = "", presented = "" }) =>
        world.who(issued) === "alice" && world.who(presented) === undefined
    },
    "first write": {
      page: Pages.write("cart", [2]),
      kept: (world, { issued = "" }) => world.dataOf(issued)?.get("cart") === "[2]"
    }
  }
  const action = fc.constantFrom(...Object.keys(promises))

  const afflicted =
    (judge: (world: World, answer: Answer<unknown>, kept: () => unknown) => void): Law =>
    (plant) =>
      fc.asyncProperty(action, faults, turns(), async (name, plan, scheduler) => {
        const { alice, world } = await withAlice({ plant })
        const { kept, page } = promises[name] ?? { page: Pages.visit, kept: () => true }
        world.afflict(plan)
        const [answer] = await interleaved(world, scheduler, () => [
          world.request(name === "first write" ? browser() : alice, page)
        ])
        judge(world, answer, () => kept(world, answer))
      })

  states(
    "success is true",
    "a response of 200 means that the change is stored",
    afflicted((_, { status }, kept) => {
      expect([200, 503], "success is true: status").toContain(status)
      if (status === 200) expect(kept(), "success is true: the effect").toBe(true)
    }),
    {
      finds: plants(
        "a failed write is reported as done",
        "a Delete removes nothing",
        "a failed write is reported as a deleted session"
      ),
      numRuns: 200
    }
  )

  states(
    "row before cookie",
    "a session cookie is sent only after its row is stored, and a failed request sends none",
    afflicted((_, { issued, setCookies, status, storedBefore }) => {
      if (status !== 200) expect(setCookies, "row before cookie: cookies of a failure").toEqual([])
      if (issued !== undefined) expect(storedBefore, "row before cookie: stored before").toBe(true)
    }),
    { finds: plants("a failed write is reported as done", "a commit answers before it writes"), numRuns: 200 }
  )

  states(
    "recovery",
    "the first login after the faults succeeds",
    (plant) =>
      fc.asyncProperty(fc.array(action, { maxLength: 4 }), faults, turns(), async (names, plan, scheduler) => {
        const { key, world } = await withAlice({ plant })
        world.afflict(plan)
        await interleaved(world, scheduler, () => [
          Promise.all(
            names.map((name) => world.request(browser({ sessionid: key }), promises[name]?.page ?? Pages.visit))
          )
        ])
        world.afflict([])
        const { issued = "", status } = await world.request(browser(), Pages.login("bob"))
        expect({ status, who: world.who(issued) }, "recovery: a login").toEqual({ status: 200, who: "bob" })
      }),
    { finds: plants("after one failure, every call fails") }
  )
})

describe("a response of 500 or more", () => {
  states("login with a 5xx", "the login is not stored, and the anonymous session is unchanged", (plant) =>
    fc.asyncProperty(serverErrors, fc.boolean(), async (status, throws) => {
      const world = await makeWorld({ plant })
      const visitor = browser()
      await world.request(visitor, Pages.write("old", 1))
      const key = sessionOf(visitor)
      const before = snapshot(world)
      const failing = throws ? Pages.both(Pages.login("alice"), thrown) : Pages.butAnswers(status, Pages.login("alice"))
      const answer = await world.request(visitor, failing)
      expect(
        { status: answer.status, issued: answer.issued, removed: answer.removed },
        "login with a 5xx: answer"
      ).toEqual({
        status: throws ? 500 : status,
        issued: undefined,
        removed: false
      })
      expect(snapshot(world), "login with a 5xx: rows").toEqual(before)
      const { value } = await world.request(visitor, Pages.look)
      expect({ key: sessionOf(visitor), value }, "login with a 5xx: afterwards").toEqual({
        key,
        value: { user: undefined, data: { old: "1" } }
      })
    })
  )

  states(
    "logout with a 5xx",
    "the user is logged out, or the response is a 503 that leaves the cookie",
    (plant) =>
      fc.asyncProperty(serverErrors, fc.option(faults, { nil: [] }), async (status, plan) => {
        const { alice, key, world } = await withAlice({ plant })
        world.afflict(plan)
        const answer = await world.request(alice, Pages.butAnswers(status, Pages.logout))
        const failed = plan[0] === "refused" || plan[0] === "ackLost"
        expect({ status: answer.status, removed: answer.removed }, "logout with a 5xx: answer").toEqual({
          status: failed ? 503 : status,
          removed: !failed
        })
        expect(sessionOf(alice), "logout with a 5xx: cookie").toBe(failed ? key : undefined)
        expect(world.who(key), "logout with a 5xx: who").toBe(plan[0] === "refused" ? "alice" : undefined)
      }),
    { finds: plants("a Delete removes nothing", "a failed write is reported as done") }
  )

  states(
    "write after a logout with a 5xx",
    "the user is logged out, and what the handler wrote to the session afterwards is not stored",
    (plant) =>
      fc.asyncProperty(serverErrors, fc.constantFrom("write", "login"), async (status, then) => {
        const { alice, key, world } = await withAlice({ plant })
        const thief = copyOf(alice)
        const after: Page<unknown> = then === "write" ? Pages.write("farewell", 1) : Pages.login("bob")
        const answer = await world.request(alice, Pages.butAnswers<unknown>(status, Pages.both(Pages.logout, after)))
        expect({ status: answer.status, issued: answer.issued }, "write after a logout with a 5xx: answer").toEqual({
          status,
          issued: undefined
        })
        expect([...world.stores.sessions.rows.keys()], "write after a logout with a 5xx: rows").toEqual([])
        expect(
          [world.who(key), (await world.request(thief, Pages.visit)).value],
          "write after a logout with a 5xx: who"
        ).toEqual([undefined, undefined])
      })
  )

  states("change with a 5xx", "a change of the session other than a logout is not stored", (plant) =>
    fc.asyncProperty(serverErrors, fc.constantFrom("write", "cycle", "clear", "log in again"), async (status, name) => {
      const { alice, key, world } = await withAlice({ plant })
      const before = snapshot(world)
      const page = {
        write: Pages.write("cart", [2]),
        cycle: Pages.cycle,
        clear: Pages.clear,
        "log in again": Pages.login("alice")
      }[name]
      const { setCookies } = await world.request<unknown>(alice, Pages.butAnswers<unknown>(status, page))
      expect(
        setCookies.filter((line) => line.startsWith("sessionid=")),
        "change with a 5xx: cookies"
      ).toEqual([])
      expect(snapshot(world), "change with a 5xx: rows").toEqual(before)
      expect(world.who(key), "change with a 5xx: who").toBe("alice")
    })
  )
})

describe("a random generator that repeats values", () => {
  const logIn = async (world: World, visitor: Browser) => world.request(visitor, Pages.login("bob"))

  states(
    "repeated random key",
    "no session gets the key of another session",
    (plant) =>
      fc.asyncProperty(fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 12 }), async (drawn) => {
        const left = ["first", ...drawn.map((each) => (each === 0 ? "first" : `other${each}`))]
        const chance = () => (left.shift() ?? "first").padEnd(32, "0")
        const world = await makeWorld({ plant, chance })
        const [one, two] = [browser(), browser()]
        await world.request(one, Pages.write("mine", 1))
        const key = sessionOf(one) ?? ""
        const { issued, status } = await logIn(world, two)
        expect(issued, "repeated random key: the key").not.toBe(key)
        expect([200, 503], "repeated random key: status").toContain(status)
        expect(world.who(key), "repeated random key: who").toBe(undefined)
        expect((await world.request(one, Pages.look)).value?.data, "repeated random key: data").toEqual({ mine: "1" })
      }),
    { finds: plants("an Insert overwrites a row that has the key") }
  )

  states(
    "repeated random key at a renewal",
    "a renewed session gets a new key that no other session has, or nothing is stored",
    (plant) =>
      fc.asyncProperty(
        fc.constantFrom("cycle", "login", "change of password"),
        fc.integer({ min: 0, max: 5 }),
        async (name, repetitions) => {
          let [left, count] = [0, 0]
          const chance = () => (left-- > 0 ? key : `drawn${String(count++).padStart(27, "0")}`)
          const world = await makeWorld({ plant, chance })
          const [one, two] = [browser(), browser()]
          await world.request(one, Pages.write("mine", 1))
          const key = sessionOf(one) ?? ""
          await world.request(two, name === "login" ? Pages.write("old", 1) : Pages.login("bob"))
          const before = sessionOf(two)
          const pages = {
            cycle: Pages.cycle,
            login: Pages.login("bob"),
            "change of password": Pages.changePassword("x")
          }
          left = repetitions
          const { issued = "", status } = await world.request<unknown>(two, pages[name as keyof typeof pages])
          if (repetitions < 3) expect(status, "repeated random key at a renewal: status").toBe(200)
          if (status === 200)
            expect(
              [world.who(issued), [key, before].includes(issued)],
              "repeated random key at a renewal: key"
            ).toEqual(["bob", false])
          else
            expect(
              [status, world.stores.sessions.rows.has(keyOf(before))],
              "repeated random key at a renewal: failure"
            ).toEqual([503, true])
          const { value } = await world.request(one, Pages.look)
          expect(value, "repeated random key at a renewal: the other session").toEqual({
            user: undefined,
            data: { mine: "1" }
          })
        }
      )
  )
})

const thrown: Page<never> = async () => {
  throw new Error(`a bug, and not ${passwordOf("alice")}`)
}
