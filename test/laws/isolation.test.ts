/** Parallel requests do not affect each other. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { browser, copyOf } from "./browser.ts"
import { interleaved, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import { makeWorld, type Page, passwordOf } from "./world.ts"

const visitor = fc.record({
  user: fc.constantFrom(undefined, "alice", "bob"),
  actions: fc.array(fc.constantFrom("look", "write", "log in again"), { minLength: 1, maxLength: 2 })
})

describe("requests of different browsers", () => {
  states(
    "isolation",
    "each browser sees its own session and user, whichever requests run in parallel",
    (plant) =>
      fc.asyncProperty(fc.array(visitor, { minLength: 2, maxLength: 4 }), turns(), async (visitors, scheduler) => {
        const world = await makeWorld({ plant })
        const browsers = visitors.map(() => browser())
        await Promise.all(
          visitors.map(async ({ user }, each) => {
            const own = browsers[each] ?? browser()
            if (user !== undefined) await world.request(own, Pages.login(user))
            await world.request(own, Pages.write("owner", each))
          })
        )
        await interleaved(world, scheduler, () => [
          Promise.all(
            visitors.flatMap(({ actions, user }, each) =>
              actions.map(async (action) => {
                const own = copyOf(browsers[each] ?? browser())
                const name = user ?? "alice"
                if (action === "log in again") {
                  const { status, value } = await world.request(own, Pages.login(name))
                  expect({ status, value: value ?? name }, "isolation: login").toMatchObject({ value: name })
                } else {
                  const page = action === "look" ? Pages.look : Pages.both(Pages.write("seen", each), Pages.look)
                  const { status, value } = await world.request(own, page)
                  // Another request may have renewed the key: then the session is absent, or the write comes too late.
                  const shown = Object.entries(value?.data ?? {}).filter(([, text]) => text !== String(each))
                  expect(shown, `isolation: data (${status})`).toEqual([])
                  expect([undefined, name], "isolation: user").toContain(value?.user)
                  if (!visitors.some((other) => other.actions.includes("log in again")))
                    expect(value?.user, "isolation: own user").toBe(user)
                }
              })
            )
          )
        ])
      }),
    { finds: plants("a load returns the answer for another key") }
  )

  it("a login uses the password that this request verified, even if two requests get the same user object", async () => {
    // A store that keeps users in memory returns the same object each time.
    const world = await makeWorld({ sharesUsers: true })
    const proved = Promise.withResolvers<void>()
    const changed = Promise.withResolvers<void>()
    const login = world.request(browser(), async ({ authenticate, login }) => {
      const user = await authenticate({ username: "alice", password: passwordOf("alice") })
      proved.resolve()
      await changed.promise
      if (user !== undefined) await login(user)
      return { status: 200, value: undefined }
    })
    await proved.promise
    await world.request(
      browser(),
      Pages.doing(async ({ authenticate, setPassword }) => {
        const user = await authenticate({ username: "alice", password: passwordOf("alice") })
        if (user !== undefined) await setPassword(user, "a new password")
        await authenticate({ username: "alice", password: "a new password" })
      })
    )
    changed.resolve()
    const { issued = "" } = await login
    expect(world.who(issued)).toBe(undefined)
  })
})

describe("requests of one session", () => {
  states(
    "parallel writes",
    "every request's write is stored",
    (plant) =>
      fc.asyncProperty(fc.integer({ min: 2, max: 5 }), turns(), async (writers, scheduler) => {
        const world = await makeWorld({ plant })
        const alice = browser()
        const { issued: key = "" } = await world.request(alice, Pages.login("alice"))
        const [answers] = await interleaved(world, scheduler, () => [
          Promise.all(
            Array.from({ length: writers }, (_, each) => world.request(copyOf(alice), Pages.write(`key${each}`, each)))
          )
        ])
        expect(
          answers.map(({ status }) => status),
          "parallel writes: answers"
        ).toEqual(answers.map(() => 200))
        const kept = [...(world.dataOf(key) ?? [])].filter(([name]) => name.startsWith("key"))
        expect(Object.fromEntries(kept), "parallel writes: what is stored").toEqual(
          Object.fromEntries(answers.map((_, each) => [`key${each}`, String(each)]))
        )
      }),
    { finds: plants("an Update does not compare the row's text") }
  )

  /** A request, and the data that it leaves when no other request runs. */
  const actions: Readonly<Record<string, readonly [Page<unknown>, (data: Map<string, string>) => void]>> = {
    "set a": [Pages.write("a", 1), (data) => data.set("a", "1")],
    "set b": [Pages.write("b", 1), (data) => data.set("b", "1")],
    "set old": [Pages.write("old", 2), (data) => data.set("old", "2")],
    "delete old": [Pages.remove("old"), (data) => data.delete("old")],
    "delete a": [Pages.remove("a"), (data) => data.delete("a")],
    "read, then clear": [Pages.readThenClear, (data) => data.clear()],
    clear: [Pages.clear, (data) => data.clear()],
    "read, clear, then set a": [
      Pages.both(Pages.readThenClear, Pages.write("a", 2)),
      (data) => {
        data.clear()
        data.set("a", "2")
      }
    ]
  }

  states(
    "parallel changes",
    "the result is that of the same requests one after the other, in some order",
    (plant) =>
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(actions)), { minLength: 2, maxLength: 3 }),
        turns(),
        async (names, scheduler) => {
          const world = await makeWorld({ plant })
          const visitor = browser()
          const { issued: key = "" } = await world.request(visitor, Pages.write("old", 1))
          await interleaved(world, scheduler, () => [
            Promise.all(names.map((name) => world.request(copyOf(visitor), actions[name]?.[0] ?? Pages.visit)))
          ])
          const possible = orders(names).map((order) => {
            const data = new Map([["old", "1"]])
            for (const name of order) actions[name]?.[1](data)
            return Object.fromEntries(data)
          })
          expect(possible, "parallel changes: what is stored").toContainEqual(
            Object.fromEntries(world.dataOf(key) ?? [])
          )
        }
      ),
    {
      finds: plants("an Update does not compare the row's text"),
      numRuns: 300
    }
  )
})

/** Every order of some names. */
const orders = (names: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  names.length < 2
    ? [names]
    : names.flatMap((first, at) => orders(names.toSpliced(at, 1)).map((rest) => [first, ...rest]))
