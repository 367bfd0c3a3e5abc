/** Input from clients never changes or reads a prototype. */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeAuthHashes } from "../../src/core/auth/auth-hash.ts"
import * as Json from "../../src/core/json/json-text.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/codec.ts"
import { testSite } from "../../src/testing/index.ts"
import { keyOf, plantRow, send, userOf } from "./requests.ts"

describe("the session", () => {
  const ownKeys = () => Reflect.ownKeys(Object.prototype)

  it("ignores values on a prototype", async () => {
    const site = testSite()
    const known = site.browser()
    await send(site.auth, known, ({ session }) => session.set("key", 1))
    const { password = "" } = Effect.runSync(site.stores.users.findById("1")) ?? {}
    const planted: Record<string, string> = {
      _auth_user_id: "1",
      _auth_user_backend: "django.contrib.auth.backends.ModelBackend",
      _auth_user_hash: makeAuthHashes(site.secretKey, [])(password)[0]
    }
    // If the session itself has the same three keys, the user is alice.
    const data = Data.of(Object.entries(planted).map(([key, text]) => [key, Json.write(text)]))
    const codec = makeCodec({ secret: site.secretKey, fallbacks: [] })
    plantRow(site, keyOf("alicesession"), codec.encode(data, site.clock.now()))
    expect(await userOf(site, keyOf("alicesession"))).toBe("alice")
    try {
      for (const [key, value] of Object.entries(planted))
        Object.defineProperty(Object.prototype, key, { value, configurable: true, enumerable: true, writable: true })
      for (const cookie of [undefined, "", "short", "x".repeat(32), known.cookie("sessionid")])
        expect(await userOf(site, cookie)).toBe(undefined)
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
    const hostile: unknown = JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": 1}}}')
    const site = testSite()
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), async (keys) => {
        site.reset()
        const visitor = site.browser()
        await send(site.auth, visitor, async ({ session }) => {
          for (const key of keys) await session.set(key, hostile)
        })
        const { value } = await send(site.auth, visitor, async ({ session }) => ({
          keys: await session.keys(),
          values: await Promise.all(keys.map((key) => session.get(key))),
          others: await Promise.all(names.filter((each) => !keys.includes(each)).map((each) => session.get(each))),
          popped: await session.pop(keys[0] ?? "")
        }))
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
