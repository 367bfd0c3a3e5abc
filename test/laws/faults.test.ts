/** Every law of `latchkey/testing` finds the faults that are planted into sites in memory. */
import { describe, expect, it } from "vitest"
import { brokenStores, LawBroken } from "../../src/testing/index.ts"
import { lawTexts } from "../../src/testing/laws.ts"
import { brokenSites } from "./faults/broken-sites.ts"
import { lawOn, siteOn } from "./faults/sites.ts"

describe("a law finds", () => {
  it.each(lawTexts.flatMap(({ finds, id }) => finds.map((fault) => ({ id, fault }))))("$fault ($id)", async ({
    fault,
    id
  }) => {
    const store = brokenStores.find(({ name }) => name === fault)
    const site = store === undefined ? brokenSites[fault]?.() : siteOn(store)
    if (site === undefined) throw new Error(`there is no fault ${fault}`)
    await expect(lawOn(site, id).check()).rejects.toThrow(LawBroken)
  })

  it("at least one fault, each of them", () => {
    expect(lawTexts.filter(({ finds }) => finds.length === 0).map(({ id }) => id)).toEqual([])
  })
})
