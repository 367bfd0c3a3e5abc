/**
 * What tests call often stays cheap: within four times the limits of `npm run bench:testing -- --check`. This test runs on
 * machines of unknown speed, beside other tests that share its caches and its compiled code, so it finds only what
 * became several times slower. The limits themselves are for `--check`, on an idle machine that is known.
 */
import { describe, expect, it } from "vitest"
import { lineOf, measured, microseconds } from "../../bench/testing-kit.ts"

describe("the testing kit's speed", () => {
  it.each(Object.entries(measured))("%s", (_, { calls, most, run }) => {
    expect(microseconds(run, { calls, rounds: 3 })).toBeLessThan(4 * most)
  })

  it("is reported beside its limits, each of which can be missed", () => {
    expect(lineOf("a flow", 40, 50)).toBe(
      `a flow${" ".repeat(32)}   40.0 µs, at most   50;    25,000 a second, at least 20,000`
    )
    expect(lineOf("a flow", 50.1, 50)).toMatch(/ MISSED$/)
  })
})
