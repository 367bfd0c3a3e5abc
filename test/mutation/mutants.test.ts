/** Checks the table of mutants against the source. `npm run test:mutation` runs the mutants. */
import { stripTypeScriptTypes } from "node:module"
import { describe, expect, it } from "vitest"
import { mutated, placesOf } from "./mutant.ts"
import { mutants } from "./mutants.ts"

describe("the mutants", () => {
  it("are at least sixty, and have different names", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(60)
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  it.each(mutants)("$name: its text occurs in one place, and the mutant is a different program", (mutant) => {
    const [place, ...more] = placesOf(mutant)
    if (place === undefined) expect.fail(`no file holds: ${mutant.was}`)
    expect(more.map(({ file }) => file)).toEqual([])
    const source = mutated(place.source, mutant)
    expect(source).not.toBe(place.source)
    expect(stripTypeScriptTypes(source)).not.toBe(stripTypeScriptTypes(place.source))
  })
})
