import { type Comparison, isTime } from "./comparisons.ts"
import type { Finding } from "./measures/findings.ts"

/** The middle value, or the mean of the two middle ones. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** The lower quartile, for times that other programs on the machine can only make longer. */
export const lowerQuartile = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 2] ?? Number.NaN

/** The ratios of the rounds, ours to theirs: their median, the lowest and the highest. */
export const ratioOf = ({ ours, theirs }: Pick<Finding, "ours" | "theirs">) => {
  const ratios = ours.map(({ value }, round) => value / (theirs[round]?.value ?? Number.NaN))
  return { ratio: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) }
}

/** Whether a ratio is more than 15 % below an earlier one. */
export const isFallen = (ratio: number, before: number): boolean => ratio < before * 0.85

/** The same for a row of the bench: milliseconds fall when they rise. */
export const isWorse = (comparison: Pick<Comparison, "unit">, ratio: number, before: number): boolean =>
  isTime(comparison) ? isFallen(1 / ratio, 1 / before) : isFallen(ratio, before)

export const isReached = (comparison: Pick<Comparison, "unit">, goal: number, ratio: number): boolean =>
  isTime(comparison) ? ratio <= goal : ratio >= goal
