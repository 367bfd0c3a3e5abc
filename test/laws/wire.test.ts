/** A session that another program wrote is stored again unchanged, except for the values that a request changed. */
import { deflateSync, inflateSync } from "node:zlib"
import * as fc from "fast-check"
import { describe, expect } from "vitest"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"
import { readsWhatItStores } from "./broken-stores.ts"
import { browser } from "./browser.ts"
import { states } from "./law.ts"
import * as Pages from "./pages.ts"
import { keyOf, makeWorld, type Page, secretKey } from "./world.ts"

/** A string as Python's json module writes it. */
const pythonString = fc
  .string({ unit: "binary", maxLength: 8 })
  .map((text) =>
    JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
  )

/** Numbers in any valid spelling: larger than doubles, or with zeros and exponents that JavaScript would not write. */
const pythonNumber = fc.oneof(
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.constantFrom("0", "-0", "1.0", "-0.0", "1e+16", "1e-07", "1E+2", "0.10", "NaN", "Infinity", "-Infinity"),
  fc.tuple(fc.integer(), fc.stringMatching(/^[0-9]{1,20}$/)).map(([whole, fraction]) => `${whole}.${fraction}`)
)

const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(pythonString, pythonNumber, fc.constantFrom("true", "false", "null")),
    fc.array(tie("json"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    fc
      .uniqueArray(fc.tuple(pythonString, tie("json")), { maxLength: 3, selector: ([name]) => name })
      .map((members) => written(members))
  )
}))

const names = fc.uniqueArray(pythonString, { maxLength: 6 })

const signer = makeSigner({ secret: secretKey, fallbacks: [], salt: "django.contrib.sessions.SessionStore" })

const written = (members: ReadonlyArray<readonly [name: string, value: string]>): string =>
  `{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`

/** The stored form of a JSON text, made without the codec. */
const stored = (text: string, deflated: boolean, now: number): string =>
  signer.sign(deflated ? `.${deflateSync(text).toString("base64url")}` : Buffer.from(text).toString("base64url"), now)

/** The JSON in a stored text, read without the codec. */
const jsonIn = (text: string): string => {
  const [body = ""] = text.split(":")
  return body.startsWith(".")
    ? inflateSync(Buffer.from(body.slice(1), "base64url")).toString("latin1")
    : Buffer.from(body, "base64url").toString("latin1")
}

const parsed = (text: string): string => {
  try {
    return stored(JSON.stringify(JSON.parse(jsonIn(text))), false, 0)
  } catch {
    return text
  }
}

describe("a session that Django wrote", () => {
  states(
    "foreign session data",
    "every key but the changed one keeps its text and its place",
    (plant) =>
      fc.asyncProperty(
        names.chain((keys) => fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), json)))),
        fc.boolean(),
        fc.constantFrom("add", "replace", "remove", "touch"),
        async (members, deflated, change) => {
          const world = await makeWorld({ plant })
          const own = ['"latchkey"', "1.50"] as const
          const others = members.filter(([name]) => name !== own[0])
          const before = change === "add" ? others : [...others, own]
          world.plantRow("djangossessionkey", stored(written(before), deflated, world.clock.now))
          const page: Page<unknown> = {
            add: Pages.write("latchkey", "new é"),
            replace: Pages.write("latchkey", "new é"),
            remove: Pages.doing(({ session }) => session.delete("latchkey")),
            touch: Pages.doing(({ session }) => session.save())
          }[change]
          const { status } = await world.request(browser({ sessionid: "djangossessionkey" }), page)
          expect(status, "foreign session data: answered").toBe(200)
          const changed = [own[0], '"new \\u00e9"'] as const
          const after = [...others, ...{ add: [changed], replace: [changed], remove: [], touch: [own] }[change]]
          const { text = "" } = world.stores.sessions.rows.get(keyOf("djangossessionkey")) ?? {}
          expect(jsonIn(text), "foreign session data: the JSON").toBe(written(after))
          expect(text, "foreign session data: ASCII").toMatch(/^[!-~]+$/)
        }
      ),
    { finds: [readsWhatItStores(parsed)] }
  )
})
