/** The statistics of `npm run timing`, on differences whose cause is known. */
import { describe, expect, it } from "vitest"
import { kindNames } from "../../bench/timing/kinds.ts"
import { chanceOf, holm, intervalOf, trimmedMean } from "../../bench/timing/statistics.ts"
import { compare, type Differences, doubtsAbout, isDecided, leaksIn, slowIn } from "../../bench/timing/verdicts.ts"

/** Differences around a mean, with the same noise in each run and some outliers. */
const around = (mean: number): ReadonlyArray<number> =>
  Array.from({ length: 200 }, (_, n) => mean + Math.sin(n * n) + (n % 50 === 7 ? 40 : 0))

describe("the statistics of the timing", () => {
  it("leave out outliers", () => {
    expect(trimmedMean([1, 1, 1, 1, 1, 1, 1, 1, 1, 100])).toBe(1)
  })

  it("have an interval around the true difference, which excludes 0 only if there is one", () => {
    const [low, high] = intervalOf(around(0))
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0)
    const [found, most] = intervalOf(around(2))
    expect(found).toBeGreaterThan(1)
    expect(most).toBeLessThan(3)
  })

  it("find a difference unlikely only if there is one", () => {
    expect(chanceOf(around(0))).toBeGreaterThan(0.01)
    expect(chanceOf(around(2))).toBeLessThan(0.001)
  })

  it("demand more of one test among several", () => {
    expect(holm([0.01, 0.5, 0.02])).toEqual([0.03, 0.5, 0.04])
  })
})

describe("the verdict of the timing", () => {
  /** One hash takes 20 ms here, so 1 ms counts as equal. */
  const limit = 1
  const planted: Readonly<Record<string, number>> = { delay: 1, quick: -20 }
  /** The differences of a run. @param noise how much the noise of the other tests is multiplied by */
  const run = (changes: Readonly<Record<string, number>> = {}, noise = 0.5): Differences =>
    new Map(
      kindNames
        .filter((kind) => kind !== "known")
        .map((kind) => [kind, around(0).map((value) => (changes[kind] ?? planted[kind] ?? 0) + value * noise)])
    )

  it("passes a site that shows nothing", () => {
    const found = compare(run(), limit)
    expect([doubtsAbout(found), leaksIn(found), slowIn(found, limit)]).toEqual([[], [], ["quick"]])
    expect(isDecided(run(), limit)).toBe(true)
  })

  it("finds a kind that costs more, or for which a client waits longer", () => {
    const found = compare(run({ inert: 1.5, noone: -4 }), limit)
    expect([doubtsAbout(found), leaksIn(found)]).toEqual([[], ["noone", "inert"]])
    expect(slowIn(found, limit)).toEqual(["quick", "noone", "inert"])
  })

  it.each([
    [{ delay: 0 }, /^control: 5 % more work: found equal, must be different$/],
    [{ quick: 0 }, /found equal, must be different$/],
    [{ again: 2 }, /^control: known account, again: found different, must be equal$/]
  ])("is invalid without a planted leak, or with a difference between equal accounts: %o", (changes, doubt) => {
    expect(doubtsAbout(compare(run(changes), limit))).toEqual([expect.stringMatching(doubt)])
  })

  it("is invalid with too much noise", () => {
    expect(doubtsAbout(compare(run({}, 20), limit)).join()).toMatch(/no account: the interval is .* ms wide/)
    expect(isDecided(run({}, 20), limit)).toBe(false)
  })

  it("says that no client waits longer if the second known account differs as much", () => {
    expect(slowIn(compare(run({ again: 3, inert: 3 }), limit), limit)).toEqual(["quick"])
  })
})
