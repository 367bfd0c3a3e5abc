/** Input from clients creates no rows by itself, and never changes or reads a prototype. */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeAuthHashes } from "../../src/core/auth/auth-hash.ts"
import * as Json from "../../src/core/json/json-text.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/codec.ts"
import { browser } from "./browser.ts"
import { interleaved, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import { makeWorld, model, type Page, secretKey } from "./world.ts"

/** All operations of an anonymous request that store nothing. */
const idle: Readonly<Record<string, Page<unknown>>> = {
  nothing: Pages.doing(async () => undefined),
  visit: Pages.visit,
  look: Pages.look,
  logout: Pages.logout,
  flush: Pages.doing(({ session }) => session.flush()),
  clear: Pages.clear,
  save: Pages.doing(({ session }) => session.save()),
  "update with nothing": Pages.doing(({ session }) => session.raw.update(new Map())),
  "set and delete": Pages.both(
    Pages.write("key", 1),
    Pages.doing(({ session }) => session.delete("key"))
  ),
  "pop what is not there": Pages.doing(({ session }) => session.pop("key")),
  "no expiry": Pages.doing(({ session }) => session.setExpiry(null)),
  "failed login": Pages.login("alice", "wrong"),
  "unknown user": Pages.login("nobody", "wrong"),
  "write, then 500": Pages.butAnswers(500, Pages.write("key", 1)),
  "log in, then 503": Pages.butAnswers(503, Pages.login("alice"))
}

describe("an anonymous request that stores nothing", () => {
  states(
    "request that stores nothing",
    "no row is written and no session cookie is set",
    (plant) =>
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.constantFrom(...Object.keys(idle)), fc.constantFrom(undefined, "", "short", "x".repeat(32))),
          {
            minLength: 1,
            maxLength: 5
          }
        ),
        turns(),
        async (requests, scheduler) => {
          const world = await makeWorld({ plant })
          const [answers] = await interleaved(world, scheduler, () => [
            Promise.all(
              requests.map(([name, cookie]) =>
                world.request(browser(cookie === undefined ? {} : { sessionid: cookie }), idle[name] ?? Pages.visit)
              )
            )
          ])
          expect([...world.chronicle.stored], "request that stores nothing: rows").toEqual([])
          expect(
            answers.flatMap(({ issued }) => issued ?? []),
            "request that stores nothing: session cookies"
          ).toEqual([])
          const removed = answers.filter(({ presented, removed }) => removed && presented === undefined)
          expect(removed, "request that stores nothing: deleted cookies that no request sent").toEqual([])
        }
      ),
    { finds: plants("an Update inserts a row that is gone"), numRuns: 200 }
  )
})

describe("the session", () => {
  const ownKeys = () => Reflect.ownKeys(Object.prototype)

  it("ignores values on a prototype", async () => {
    const world = await makeWorld()
    const [stranger, known] = [browser(), browser()]
    const { issued = "" } = await world.request(known, Pages.write("key", 1))
    const { password = "" } = Effect.runSync(world.stores.users.findById("1")) ?? {}
    const planted: Record<string, string> = {
      _auth_user_id: "1",
      _auth_user_backend: model,
      _auth_user_hash: makeAuthHashes(secretKey, [])(password)[0]
    }
    // If the session itself has the same three keys, the user is alice.
    const data = Data.of(Object.entries(planted).map(([key, text]) => [key, Json.write(text)]))
    world.plantRow("alicesession", makeCodec({ secret: secretKey, fallbacks: [] }).encode(data, world.clock.now))
    expect(world.who("alicesession")).toBe("alice")
    try {
      for (const [key, value] of Object.entries(planted))
        Object.defineProperty(Object.prototype, key, { value, configurable: true, enumerable: true, writable: true })
      const everyone = ["", "short", "x".repeat(32), issued].map((cookie) => world.who(cookie))
      const visits = [await world.request(stranger, Pages.visit), await world.request(known, Pages.visit)]
      expect([...everyone, ...visits.map(({ value }) => value)]).toEqual(Array(6).fill(undefined))
    } finally {
      for (const key of Object.keys(planted)) Reflect.deleteProperty(Object.prototype, key)
    }
  })

  it("stores hostile names such as __proto__ as ordinary keys", async () => {
    const before = ownKeys()
    const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"]
    const name = fc.oneof(
      fc.constantFrom(...names),
      fc.string({ unit: "binary" }).filter((text) => text.isWellFormed())
    )
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), async (keys) => {
        const world = await makeWorld()
        const visitor = browser()
        const hostile: unknown = JSON.parse(
          '{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": 1}}}'
        )
        await world.request(
          visitor,
          Pages.doing(async ({ session }) => {
            for (const key of keys) await session.set(key, hostile)
          })
        )
        const { value } = await world.request(
          visitor,
          Pages.doing(async ({ session }) => ({
            keys: await session.keys(),
            values: await Promise.all(keys.map((key) => session.get(key))),
            others: await Promise.all(names.filter((each) => !keys.includes(each)).map((each) => session.get(each))),
            popped: await session.pop(keys[0] ?? "")
          }))
        )
        expect(value?.keys).toEqual(keys)
        for (const each of [...(value?.values ?? []), value?.popped]) {
          expect(JSON.stringify(each)).toBe(JSON.stringify(hostile))
          expect(each).not.toHaveProperty("admin")
        }
        for (const each of value?.others ?? []) expect(each).toBe(undefined)
        expect(ownKeys()).toEqual(before)
      }),
      { numRuns: 50 }
    )
  })
})
