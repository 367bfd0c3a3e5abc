/** A session that another program wrote is stored again unchanged, except for the values that a request changed. */
import { deflateSync, inflateSync } from "node:zlib"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"
import { testSite } from "../../src/testing/index.ts"
import { type Action, browserWith, keyOf, plantRow, send } from "./requests.ts"

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

const site = testSite()
const signer = makeSigner({ secret: site.secretKey, fallbacks: [], salt: "django.contrib.sessions.SessionStore" })

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

const own = ['"latchkey"', "1.50"] as const

const changes: Readonly<
  Record<string, { readonly action: Action<unknown>; readonly own: ReadonlyArray<readonly [string, string]> }>
> = {
  add: { action: ({ session }) => session.set("latchkey", "new é"), own: [[own[0], '"new \\u00e9"']] },
  replace: { action: ({ session }) => session.set("latchkey", "new é"), own: [[own[0], '"new \\u00e9"']] },
  remove: { action: ({ session }) => session.delete("latchkey"), own: [] },
  touch: { action: ({ session }) => session.save(), own: [own] }
}

/** A property of a site: every key but the changed one keeps its text and its place. */
const keepsTexts = (on: typeof site) =>
  fc.asyncProperty(
    names.chain((keys) => fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), json)))),
    fc.boolean(),
    fc.constantFrom(...Object.entries(changes)),
    async (members, deflated, [name, { action, own: after }]) => {
      on.reset()
      const key = keyOf("djangossessionkey")
      const others = members.filter(([one]) => one !== own[0])
      const before = name === "add" ? others : [...others, own]
      plantRow(on, key, stored(written(before), deflated, on.clock.now()))
      const { response } = await send(on.auth, browserWith(on, key), action)
      expect(response.status).toBe(200)
      const { text = "" } = on.stores.sessions.rows.get(key) ?? {}
      expect(jsonIn(text), "the JSON").toBe(written([...others, ...after]))
      expect(text, "ASCII").toMatch(/^[!-~]+$/)
    }
  )

describe("a session that Django wrote", () => {
  it("keeps the text and the place of every key but the changed one", async () => {
    await fc.assert(keepsTexts(site), { numRuns: 100 })
  })

  it("would not, in a store that parses what it stores", async () => {
    const parsing = testSite({
      stores: ({ sessions, users }) => ({
        users,
        sessions: {
          ...sessions,
          commit: (change, now) =>
            sessions.commit("text" in change ? { ...change, text: parsed(change.text) } : change, now)
        }
      })
    })
    const { errorInstance, failed } = await fc.check(keepsTexts(parsing), { numRuns: 2000, endOnFailure: true })
    expect(failed).toBe(true)
    expect(String(errorInstance)).toContain("the JSON")
  })
})
