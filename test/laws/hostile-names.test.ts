/** Names and passwords that a client chooses freely: the checks of the laws, for any text. */
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { testSite } from "../../src/testing/index.ts"
import { onlyThisLogsIn } from "../../src/testing/laws/accounts/password-text-laws.ts"
import { lawSiteOf } from "../../src/testing/laws/memory/memory-site.ts"
import { changesNoPrototype } from "../../src/testing/laws/requests/prototype-laws.ts"
import { send } from "./requests.ts"

const text = fc.string({ unit: "binary" }).filter((one) => one.isWellFormed())

it("the session stores hostile names such as __proto__ as ordinary keys", async () => {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"]
  const name = fc.oneof(fc.constantFrom(...names), text)
  const hostile: unknown = JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": 1}}}')
  const site = testSite()
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), async (keys) => {
      site.reset()
      const visitor = site.browser()
      await changesNoPrototype(keys.join(), async () => {
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
      })
    }),
    { numRuns: 50 }
  )
})

it("every character of a password counts, for any password", async () => {
  const site = lawSiteOf(testSite())
  const password = text.filter((one) => one !== "")
  await fc.assert(
    fc.asyncProperty(password, text, text, async (chosen, other, tail) => {
      await site.reset()
      const others = [
        other,
        chosen + tail,
        chosen.slice(1),
        `${chosen}\0`,
        chosen.normalize("NFD"),
        chosen.normalize("NFKC")
      ]
      await onlyThisLogsIn(
        site,
        chosen,
        others.filter((one) => one !== chosen)
      )
    }),
    { numRuns: 50 }
  )
})
