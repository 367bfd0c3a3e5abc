/** What the differences of one run mean. */
import { controls, type Kind, kinds } from "./kinds.ts"
import { chanceOf, holm, intervalOf, trimmedMean } from "./statistics.ts"

/** The largest difference that counts as equal, as a part of one password hash. */
export const TOLERANCE = 0.05

/** For each kind the differences to a known account, in milliseconds, one for each pair of attempts. */
export type Differences = ReadonlyMap<Kind, ReadonlyArray<number>>

export interface Comparison {
  readonly kind: Kind
  readonly mean: number
  /** The 99 % interval. */
  readonly low: number
  readonly high: number
  /** How often a difference this large arises without a cause, after Holm's correction. */
  readonly chance: number
  readonly verdict: "equal" | "different" | "unclear"
}

export const compare = (differences: Differences, limit: number): ReadonlyArray<Comparison> => {
  const found = [...differences].map(([kind, values]) => {
    const [low, high] = intervalOf(values)
    return {
      kind,
      mean: trimmedMean(values),
      low,
      high,
      chance: chanceOf(values),
      verdict: verdictOf(low, high, limit)
    }
  })
  const chances = holm(found.map(({ chance }) => chance))
  return found.map((one, at) => ({ ...one, chance: chances[at] ?? 1 }))
}

const verdictOf = (low: number, high: number, limit: number): Comparison["verdict"] => {
  if (low > -limit && high < limit) return "equal"
  return low > 0 || high < 0 ? "different" : "unclear"
}

/** Whether each interval is so narrow that more rounds would not change a verdict. */
export const isDecided = (differences: Differences, limit: number): boolean =>
  [...differences.values()].every((values) => {
    const [low, high] = intervalOf(values, 400)
    return high - low < limit
  })

/** Why the processor time of this run says nothing, in words; none if it is valid. */
export const doubtsAbout = (comparisons: ReadonlyArray<Comparison>): ReadonlyArray<string> =>
  comparisons.flatMap(({ high, kind, low, verdict }) => {
    const expected = controls[kind]
    if (expected === undefined)
      return verdict === "unclear" ? [`${kinds[kind]}: the interval is ${(high - low).toFixed(2)} ms wide`] : []
    return verdict === expected ? [] : [`${kinds[kind]}: found ${verdict}, must be ${expected}`]
  })

/** The kinds of accounts that differ. */
export const leaksIn = (comparisons: ReadonlyArray<Comparison>): ReadonlyArray<Kind> =>
  comparisons.flatMap(({ kind, verdict }) => (controls[kind] === undefined && verdict === "different" ? [kind] : []))

/**
 * The kinds that differ by the time a client waits, beyond what the machine's other work can do: further from 0 than any
 * tolerated difference, and further than the second known account, which does not differ at all.
 */
export const slowIn = (comparisons: ReadonlyArray<Comparison>, limit: number): ReadonlyArray<Kind> => {
  const again = comparisons.find(({ kind }) => kind === "again")
  const noise = again === undefined ? Number.POSITIVE_INFINITY : Math.max(Math.abs(again.low), Math.abs(again.high))
  const least = Math.max(limit, noise)
  return comparisons.flatMap(({ high, kind, low }) => (low > least || high < -least ? [kind] : []))
}
