/** What another program has stored in a session stays as it was, for every JSON that Django can write. */
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { testSite } from "../../src/testing/index.ts"
import { lawSiteOf } from "../../src/testing/laws/memory/memory-site.ts"
import {
  keepsTexts,
  memberChanges,
  type WrittenMember,
  writtenMembers
} from "../../src/testing/laws/sessions/shared-table-laws.ts"
import { type Action, send } from "./requests.ts"

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
      .map((members) => writtenMembers(members))
  )
}))

/** Members that a request does not change. Some are so long that the text is deflated. */
const members = fc
  .tuple(
    fc.uniqueArray(fc.tuple(pythonString, json), { maxLength: 6, selector: ([name]) => name }),
    fc.constantFrom<ReadonlyArray<WrittenMember>>([], [['"long"', `"${"long ".repeat(300)}"`]])
  )
  .map(([short, long]) => [...short, ...long].filter(([name]) => !/"(latchkey|n\\u00e9)"/.test(name)))

const site = testSite()
const described = lawSiteOf(site)

/** A request that only saves the session. */
const save: Action<void> = ({ session }) => session.save()
const saved = async (cookie: string): Promise<void> => {
  const browser = site.browser()
  browser.store([`sessionid=${cookie}; Path=/`])
  await send(site.auth, browser, save)
}

it("a session that Django wrote keeps the text and the place of every key but the changed one", async () => {
  const table = described.sharedTable ?? expect.fail("the site has no table")
  const changes = { ...memberChanges(described), save: { request: saved, before: [], after: [] } }
  await fc.assert(
    fc.asyncProperty(members, fc.constantFrom(...Object.values(changes)), async (stored, change) => {
      await described.reset()
      await keepsTexts(table, stored, change)
    }),
    { numRuns: 150 }
  )
})
