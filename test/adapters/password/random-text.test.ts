import { describe, expect, it } from "vitest"
import { randomText } from "../../../src/adapters/password/random-text.ts"
import * as Encoded from "../../../src/core/password/encoded.ts"

describe("random text", () => {
  it("has the requested length, and differs every time", () => {
    const texts = Array.from({ length: 1000 }, () => randomText(22))
    expect(new Set(texts.map((text) => text.length))).toEqual(new Set([22]))
    expect(new Set(texts).size).toBe(1000)
  })

  it("contains each character of the alphabet equally often", () => {
    const drawn = 62_000
    const counts = new Map<string, number>([...Encoded.alphabet].map((character) => [character, 0]))
    for (const character of randomText(drawn)) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(62)
    const expected = drawn / 62
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 61 degrees of freedom: fair chance exceeds 150 a few times in 10^9 runs; bytes modulo 62 give about 470.
    expect(chiSquare).toBeLessThan(150)
  })
})
