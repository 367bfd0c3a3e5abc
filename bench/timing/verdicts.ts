/** What the differences of one run mean. */
import type { KindInfo, Scene } from "./kinds.ts"
import { chanceOf, holm, intervalOf, trimmedMean } from "./statistics.ts"

/** For each kind the differences to the first kind of its scene, in milliseconds, one for each pair of attempts. */
export type Differences = ReadonlyMap<string, ReadonlyArray<number>>

export interface Comparison {
  readonly kind: string
  readonly mean: number
  /** The 99 % interval. */
  readonly low: number
  readonly high: number
  /** How often a difference this large arises without a cause, after Holm's correction. */
  readonly chance: number
  readonly verdict: "equal" | "different" | "unclear"
}

export const compare = (differences: Differences, limit: number, resamples?: number): ReadonlyArray<Comparison> => {
  const found = [...differences].map(([kind, values]) => {
    const [low, high] = intervalOf(values, resamples)
    return {
      kind,
      mean: trimmedMean(values),
      low,
      high,
      chance: chanceOf(values, resamples),
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

/** Whether a kind tells something about a site that is as it should be. */
const isJudged = ({ expected, isControl }: KindInfo): boolean => isControl !== true && expected === "equal"

/**
 * Why the processor time of this run says nothing, in words; none if it is valid. Controls, and what is known not to be
 * equal, must be found as they are.
 */
export const doubtsAbout = (scene: Scene, comparisons: ReadonlyArray<Comparison>): ReadonlyArray<string> =>
  comparisons.flatMap(({ high, kind, low, verdict }) => {
    const info = scene.kinds[kind]
    if (info === undefined || isUnseen(scene, kind)) return []
    if (isJudged(info))
      return verdict === "unclear" ? [`${info.words}: the interval is ${(high - low).toFixed(2)} ms wide`] : []
    return verdict === info.expected ? [] : [`${info.words}: found ${verdict}, must be ${info.expected}`]
  })

/** A planted wait takes no processor time. */
const isUnseen = (scene: Scene, kind: string): boolean => scene.until === "answer" && kind === "inline"

/** The kinds of accounts that differ. */
export const leaksIn = (scene: Scene, comparisons: ReadonlyArray<Comparison>): ReadonlyArray<string> =>
  comparisons.flatMap(({ kind, verdict }) => {
    const info = scene.kinds[kind]
    return info !== undefined && isJudged(info) && verdict === "different" ? [kind] : []
  })

/**
 * The kinds that differ by the time a client waits, beyond what the machine's other work can do: further from 0 than any
 * tolerated difference, and further than the first kind from itself, which does not differ at all.
 */
export const slowIn = (comparisons: ReadonlyArray<Comparison>, limit: number): ReadonlyArray<string> => {
  const again = comparisons.find(({ kind }) => kind === "again")
  const noise = again === undefined ? Number.POSITIVE_INFINITY : Math.max(Math.abs(again.low), Math.abs(again.high))
  const least = Math.max(limit, noise)
  return comparisons.flatMap(({ high, kind, low }) => (low > least || high < -least ? [kind] : []))
}

/** What one scene has shown. */
export interface Outcome {
  readonly verdict: "passed" | "failed" | "invalid"
  /** Why it is invalid, or the kinds that differ, in words. */
  readonly reasons: ReadonlyArray<string>
}

export const outcomeOf = (
  scene: Scene,
  processor: ReadonlyArray<Comparison>,
  waiting: ReadonlyArray<Comparison>,
  limit: number
): Outcome => {
  const slow = slowIn(waiting, limit)
  const doubts = [
    ...doubtsAbout(scene, processor),
    ...(slow.includes(scene.noticed)
      ? []
      : [`a client does not notice this: ${scene.kinds[scene.noticed]?.words}: the machine is too busy`])
  ]
  if (doubts.length > 0) return { verdict: "invalid", reasons: doubts }
  const judged = slow.filter((kind) => {
    const info = scene.kinds[kind]
    return info !== undefined && isJudged(info)
  })
  const leaks = [...new Set([...leaksIn(scene, processor), ...judged])]
  return leaks.length > 0
    ? { verdict: "failed", reasons: leaks.map((kind) => scene.kinds[kind]?.words ?? kind) }
    : { verdict: "passed", reasons: [] }
}
