/** The statistics of `npm run timing`, on differences whose cause is known. */
import { describe, expect, it } from "vitest"
import { chanceOf, holm, intervalOf, trimmedMean } from "../../bench/timing/statistics.ts"

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
