import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Similarity from "../../../src/core/password/similarity.ts"
import vectors from "../../vectors/password_validators.json" with { type: "json" }

const ratio = (a: string, b: string): number => Similarity.quickRatio(Similarity.counted(a), Similarity.counted(b))

describe("similarity", () => {
  it.each(vectors.data.quick_ratio)("of $a and $b is $quick_ratio", ({ a, b, quick_ratio }) => {
    expect(ratio(a, b)).toBe(quick_ratio)
    expect(ratio(b, a)).toBe(quick_ratio)
  })

  it("is counted in code points", () => {
    expect(ratio("😀a", "😀b")).toBe(0.5)
  })

  it("is only ruled out by the lengths if it is below the maximum", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "😀"), maxLength: 30 })
    fc.assert(
      fc.property(text, text, fc.double({ min: 0.1, max: 1.1, noNaN: true }), (a, b, maximum) => {
        if (Similarity.isOutOfReach(Similarity.counted(a), b.length, maximum)) expect(ratio(a, b)).toBeLessThan(maximum)
      }),
      { numRuns: 2000 }
    )
    expect(Similarity.isOutOfReach(Similarity.counted("abc"), 60_000, 0.7)).toBe(true)
    expect(Similarity.isOutOfReach(Similarity.counted("a".repeat(60_000)), 3, 0.7)).toBe(true)
  })

  it.each(
    vectors.data.length_ratio
  )("is skipped for the lengths $password_len and $value_len, as in Django: $skipped", (row) => {
    const lengths = { password: row.password_len, value: row.value_len }
    expect(Similarity.isOutgrown(lengths, row.max_similarity)).toBe(row.skipped)
  })

  it("is computed for a value of a tenth of the length if the maximum is 0.1", () => {
    expect(Similarity.isOutgrown({ password: 100, value: 7 }, 0.1)).toBe(false)
    expect(Similarity.isOutgrown({ password: 100, value: 4 }, 0.1)).toBe(true)
  })
})
