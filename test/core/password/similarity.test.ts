import { describe, expect, it } from "vitest"
import * as Similarity from "../../../src/core/password/similarity.ts"
import vectors from "../../vectors/password_validators.json" with { type: "json" }

describe("similarity", () => {
  it.each(vectors.data.quick_ratio)("of $a and $b is $quick_ratio", ({ a, b, quick_ratio }) => {
    expect(Similarity.quickRatio(a, b)).toBe(quick_ratio)
    expect(Similarity.quickRatio(b, a)).toBe(quick_ratio)
  })

  it("is counted in code points", () => {
    expect(Similarity.quickRatio("😀a", "😀b")).toBe(0.5)
  })

  it.each(vectors.data.length_ratio)("is not asked for lengths $password_len and $value_len: $skipped", (row) => {
    const lengths = { password: row.password_len, value: row.value_len }
    expect(Similarity.isOutgrown(lengths, row.max_similarity)).toBe(row.skipped)
  })

  it("is asked for a tenth of the length where a tenth is too similar", () => {
    expect(Similarity.isOutgrown({ password: 100, value: 7 }, 0.1)).toBe(false)
    expect(Similarity.isOutgrown({ password: 100, value: 4 }, 0.1)).toBe(true)
  })
})
