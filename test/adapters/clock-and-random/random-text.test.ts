import { describe, expect, it } from "vitest"
import { randomText } from "../../../src/adapters/clock-and-random/random-text.ts"
import * as Encoded from "../../../src/core/password/encoded.ts"
import * as SessionKey from "../../../src/core/session-key.ts"

describe("random text", () => {
  it("has the requested length, and differs every time", () => {
    // More characters than a block has bytes.
    const texts = Array.from({ length: 1000 }, () => randomText(Encoded.alphabet, 22))
    expect(new Set(texts.map((text) => text.length))).toEqual(new Set([22]))
    expect(new Set(texts).size).toBe(1000)
  })

  // Fair chance exceeds the limits a few times in 10^9 runs. Bytes modulo 62 give about 470, modulo 36 about 530.
  it.each([
    [Encoded.alphabet, 62_000, 150],
    [SessionKey.alphabet, 252_000, 110]
  ])("contains each character of %s equally often", (alphabet, drawn, limit) => {
    const counts = new Map<string, number>([...alphabet].map((character) => [character, 0]))
    for (let left = drawn; left > 0; left -= 100)
      for (const character of randomText(alphabet, 100)) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(alphabet.length)
    const expected = drawn / alphabet.length
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquare).toBeLessThan(limit)
  })
})
