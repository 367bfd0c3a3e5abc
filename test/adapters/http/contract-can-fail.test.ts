/** The contract fails for adapters that have a fault. */
import { describe, expect, it } from "vitest"
import { longSuite } from "../../rig/services.ts"
import { brokenAdapters } from "./contract/broken-adapters.ts"
import { chapters } from "./contract/chapters.ts"
import { tried } from "./contract/clause.ts"
import { plainAdapter } from "./contract/plain-adapter.ts"
import { startSite } from "./contract/site.ts"
import { httpAdapterContract } from "./contract.ts"

describe.skipIf(!longSuite().available)("the contract of http adapters", () => {
  it.each(Object.entries(brokenAdapters))("finds one that %s", async (_, { found, steps }) => {
    const chapter = chapters.find(({ clauses }) => clauses.some(({ sentence }) => sentence === found))
    const clause = chapter?.clauses.find(({ sentence }) => sentence === found)
    if (chapter === undefined || clause === undefined) throw new Error(`there is no such clause: ${found}`)
    const site = await startSite(plainAdapter(steps), chapter.site)
    try {
      const outcome = await tried(site, clause).then(
        () => "not found",
        (error: Error) => error.name
      )
      // The clause itself failed, and no other code on the way.
      expect(outcome).toBe("AssertionError")
    } finally {
      await site.close()
    }
  })
})

describe.skipIf(!longSuite().available)("without a fault", () => {
  httpAdapterContract(plainAdapter())
})
