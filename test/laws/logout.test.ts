/** A logout in parallel with requests that renew the session's key, in every order of their store calls. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { SessionStore } from "../../src/adapters/ports/stores.ts"
import { cachedDbSessions } from "../../src/adapters/store/cached-db.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { type Browser, browser, copyOf, sessionOf } from "./browser.ts"
import { allCalls, inEveryOrder } from "./every-order.ts"
import * as Pages from "./pages.ts"
import { type Plant, plants } from "./plant.ts"
import { keyOf, makeWorld, type Page, type World } from "./world.ts"

/** Ways to log out. */
const logouts: Readonly<Record<string, Page<unknown>>> = {
  logout: Pages.logout,
  flush: Pages.doing(({ session }) => session.flush()),
  "look, then logout": Pages.both(Pages.look, Pages.logout),
  "logout, then write": Pages.both(Pages.logout, Pages.write("farewell", 1)),
  "logout, then log in as another": Pages.both(Pages.logout, Pages.login("bob")),
  "logout, then fail": Pages.butAnswers(500, Pages.logout)
}

/** What other requests do with the session. One client sends the requests of a list, one after the other. */
const besides: Readonly<Record<string, ReadonlyArray<Page<unknown>>>> = {
  visit: [Pages.visit],
  write: [Pages.write("key", 1)],
  clear: [Pages.clear],
  renew: [Pages.cycle],
  "renew twice": [Pages.cycle, Pages.cycle],
  "renew and write": [Pages.both(Pages.cycle, Pages.write("key", 1))],
  "renew, then write": [Pages.cycle, Pages.write("key", 1)],
  "change the password": [Pages.changePassword("another password")],
  "change the password, then renew": [Pages.changePassword("another password"), Pages.cycle],
  "log in as the same user": [Pages.login("alice")],
  "log in with a new password": [Pages.changePassword("new"), Pages.login("alice", "new")],
  "log in as another": [Pages.login("bob")],
  "renew, then log in as another": [Pages.cycle, Pages.login("bob")],
  logout: [Pages.logout],
  "renew, then logout": [Pages.cycle, Pages.logout]
}
/** These check a password, so they start a new session and do not renew the old one. */
const isProof = (page: Page<unknown>, names: ReadonlyArray<Page<unknown>>): boolean => names.includes(page)
const proving = Object.entries(besides).flatMap(([name, pages]) => (name.includes("log in") ? pages.slice(-1) : []))

interface Setting {
  /** Makes another store for each order. */
  readonly plant?: () => Plant
  /** Which calls are put into every order. */
  readonly ordered?: RegExp
  /** The secret key changed after the login, so every request renews the session. */
  readonly isRotated?: boolean
  /** The session was read before, so it is in the cache. */
  readonly isCached?: boolean
  /** There is a receiver of `user_logged_out`, so a logout loads the session first. */
  readonly isHeard?: boolean
}

/** Runs one logout in parallel with other clients of the same session. @returns the number of orders */
const race = (leave: Page<unknown>, others: ReadonlyArray<ReadonlyArray<Page<unknown>>>, setting: Setting = {}) =>
  inEveryOrder(async () => {
    const { isCached = false, isHeard = false, isRotated = false, plant } = setting
    const world = await makeWorld({ plant: plant?.(), secretKey: "an older key" })
    const alice = browser()
    await world.request(alice, Pages.login("alice"))
    if (isCached) await world.request(alice, Pages.visit)
    if (isRotated) world.configure({ secretKey: "a newer key", secretKeyFallbacks: ["an older key"] })
    if (isHeard) world.auth.on("user_logged_out", () => {})
    const key = sessionOf(alice) ?? ""
    const opened = new Set<string>()
    let left: { readonly status: number; readonly stillThere: ReadonlyArray<string> } | undefined
    const client = (pages: ReadonlyArray<Page<unknown>>, own: Browser) => async () => {
      for (const page of pages) {
        const { issued, presented = "" } = await world.request(own, page)
        if (issued !== undefined && (isProof(page, proving) || opened.has(presented))) opened.add(issued)
      }
    }
    const leaving = async () => {
      const { issued, status } = await world.request(copyOf(alice), leave)
      if (issued !== undefined) opened.add(issued)
      left = { status, stillThere: actingAs("alice", world) }
    }
    return {
      world,
      requests: [leaving, ...others.map((pages) => client(pages, copyOf(alice)))],
      check: () => {
        expect([200, 500], "status").toContain(left?.status)
        expect(world.stores.sessions.rows.has(keyOf(key)), "the row of the old key").toBe(false)
        const alive = [...(left?.stillThere ?? []), ...actingAs("alice", world)].filter((each) => !opened.has(each))
        expect(alive, "sessions that are still valid after the logout").toEqual([])
      }
    }
  }, setting.ordered)

const actingAs = (username: string, world: World): ReadonlyArray<string> =>
  [...new Set([...world.stores.sessions.rows.keys(), ...world.seen])].filter((key) => world.who(key) === username)

const combinations = Object.entries(logouts).flatMap(([leave, page]) =>
  Object.entries(besides).map(([beside, pages]) => ({ leave, beside, page, pages }))
)

describe("a logout in parallel with another request of the session", () => {
  it.each(combinations)("ends the session in every order: $leave, in parallel with $beside", async ({
    page,
    pages
  }) => {
    expect(await race(page, [pages])).toBeGreaterThan(0)
  })
  it.each(
    Object.entries(besides)
  )("ends the session when a logout loads it first, in parallel with %s", async (_, pages) => {
    expect(await race(Pages.logout, [pages], { isHeard: true })).toBeGreaterThan(0)
  })
  it.each(
    Object.entries(besides)
  )("ends the session after a change of the secret key, in parallel with %s", async (_, pages) => {
    expect(await race(Pages.logout, [pages], { isRotated: true })).toBeGreaterThan(0)
  })

  const pairs = [
    ["renew", "renew"],
    ["renew", "change the password"],
    ["renew", "write"],
    ["renew twice", "renew"],
    ["renew", "log in as another"],
    ["renew", "logout"],
    ["clear", "renew"]
  ] as const
  it.each(pairs)("ends the session in every order of three requests: %s, %s", async (one, other) => {
    for (const leave of [Pages.logout, logouts["logout, then write"] ?? Pages.logout]) {
      const orders = await race(leave, [besides[one] ?? [], besides[other] ?? []])
      expect(orders).toBeGreaterThan(10)
    }
  })
  it("ends the session in every order with two requests that renew it after a change of the secret key", async () => {
    expect(await race(Pages.logout, [[Pages.visit], [Pages.visit]], { isRotated: true })).toBeGreaterThan(20)
  })

  it.each(
    plants(
      "a Move does not remember the new key of a session",
      "a Delete does not answer with the new key of a session"
    )
  )("detects the bug: $name", async (plant) => {
    await expect(race(Pages.logout, [[Pages.cycle]], { plant: () => plant })).rejects.toThrow(
      /still valid after the logout/
    )
  })
})

describe("a logout with the engine cached_db", () => {
  /** Both stores of the engine; the order of all their calls is varied. */
  const cachedDb = (): Plant => {
    const cache = memory().sessions
    return {
      name: "a cache before the rows",
      beneath: ({ sessions, users }, turn) => {
        const ordered = (store: SessionStore): SessionStore => ({
          ...store,
          load: (key, now) => Effect.andThen(turn("inner load"), store.load(key, now)),
          commit: (change, now) => Effect.andThen(turn("inner commit"), store.commit(change, now))
        })
        return { users, sessions: cachedDbSessions({ rows: ordered(sessions), cache: ordered(cache) }) }
      }
    }
  }

  it.each([
    ["a renewal", [Pages.cycle]],
    ["a visit", [Pages.visit]]
  ] as const)("ends the session in every order of the calls of both stores, in parallel with %s", async (_, pages) => {
    for (const isCached of [false, true]) {
      const orders = await race(Pages.logout, [pages], { plant: cachedDb, ordered: /^inner/, isCached })
      expect(orders).toBeGreaterThan(5)
    }
  })
})

describe("the key from before a renewal", () => {
  /** Alice's session after a renewal, and a client that still has the old key. */
  const renewed = async (page: Page<unknown> = Pages.cycle) => {
    const world = await makeWorld()
    const alice = browser()
    await world.request(alice, Pages.login("alice"))
    const late = copyOf(alice)
    expect((await world.request(alice, page)).status).toBe(200)
    return { world, alice, late }
  }

  it("acts as no user for any request but a logout", async () => {
    for (const page of [Pages.look, Pages.write("key", 1), Pages.cycle]) {
      const { alice, late, world } = await renewed()
      const answer = await world.request<unknown>(late, page)
      expect(world.who(answer.issued ?? "")).toBe(undefined)
      expect(answer.issued).not.toBe(sessionOf(alice))
      expect((await world.request(alice, Pages.visit)).value).toBe("alice")
    }
    const { alice, late, world } = await renewed()
    expect(await world.request(late, Pages.clear)).toMatchObject({ status: 400, setCookies: [] })
    expect((await world.request(alice, Pages.visit)).value).toBe("alice")
  })

  it("ends the session when a logout sends it within a minute, and not later", async () => {
    for (const [seconds, user] of [
      [59, undefined],
      [60, "alice"]
    ] as const) {
      const { alice, late, world } = await renewed()
      world.clock.now += seconds * 1000
      expect(await world.request(late, Pages.logout)).toMatchObject({ status: 200, removed: true })
      expect(world.who(sessionOf(alice) ?? "")).toBe(user)
    }
  })

  it("ends the session also when the first attempt failed halfway", async () => {
    const { alice, late, world } = await renewed()
    world.afflict(["none", "refused"])
    expect((await world.request(late, Pages.logout)).status).toBe(503)
    expect(world.who(sessionOf(alice) ?? "")).toBe("alice")
    expect((await world.request(late, Pages.logout)).status).toBe(200)
    expect(world.who(sessionOf(alice) ?? "")).toBe(undefined)
  })

  it("of an anonymous visitor who has logged in since then ends nothing", async () => {
    const world = await makeWorld()
    const alice = browser()
    await world.request(alice, Pages.write("cart", 1))
    const thief = copyOf(alice)
    await world.request(alice, Pages.login("alice"))
    await world.request(alice, Pages.cycle)
    for (const page of Object.values(logouts)) await world.request(copyOf(thief), page)
    expect((await world.request(alice, Pages.visit)).value).toBe("alice")
  })

  it("does not end the session of another user who logged in since then", async () => {
    const { alice, late, world } = await renewed(Pages.login("bob"))
    for (const page of [Pages.logout, Pages.both(Pages.logout, Pages.write("farewell", 1))])
      expect((await world.request(copyOf(late), page)).status).toBe(200)
    expect((await world.request(alice, Pages.visit)).value).toBe("bob")
  })

  it("of a session that was emptied does not end the session of a later login", async () => {
    const { alice, late, world } = await renewed()
    await world.request(alice, Pages.clear)
    await world.request(alice, Pages.login("bob"))
    expect((await world.request(late, Pages.logout)).status).toBe(200)
    expect((await world.request(alice, Pages.visit)).value).toBe("bob")
  })

  it("whose session auth hash no longer matches ends nothing, except by a logout", async () => {
    const { alice, late, world } = await renewed(Pages.changePassword("another"))
    // A request with the old key is anonymous. A login with the new password starts from an anonymous session too.
    await world.request(copyOf(late), Pages.visit)
    await world.request(copyOf(late), Pages.login("alice", "another"))
    expect((await world.request(alice, Pages.visit)).value).toBe("alice")
  })

  it("is no longer remembered after expired sessions are cleared", async () => {
    const { alice, late, world } = await renewed()
    world.clock.now += 61_000
    await world.auth.clearSessions()
    expect((await world.request(late, Pages.logout)).status).toBe(200)
    expect((await world.request(alice, Pages.visit)).value).toBe("alice")
  })
})

describe("operations other than a logout", () => {
  it.each([
    ["a visit that finds another session auth hash", Pages.visit],
    ["a login with the new password", Pages.login("alice", "another")],
    ["a login as another user", Pages.login("bob")]
  ] as const)("ends no session that a change of the password renews meanwhile, in any order: %s", async (_, page) => {
    const orders = await inEveryOrder(async () => {
      const world = await makeWorld()
      const alice = browser()
      await world.request(alice, Pages.login("alice"))
      const changing = copyOf(alice)
      let status = 0
      const change = async () => {
        status = (await world.request(changing, Pages.changePassword("another"))).status
      }
      return {
        world,
        requests: [change, () => world.request<unknown>(copyOf(alice), page)],
        check: () => {
          if (status === 200) expect(world.who(sessionOf(changing) ?? "")).toBe("alice")
        }
      }
    }, allCalls)
    expect(orders).toBeGreaterThan(4)
  })
})
