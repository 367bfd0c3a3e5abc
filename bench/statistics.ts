import type { Finding } from "./results.ts"

export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** The ratio of each round, ours to theirs. */
const ratios = ({ measured: { ours, theirs } }: Finding): ReadonlyArray<number> =>
  ours.map((value, round) => value / (theirs[round] ?? Number.NaN))

/** The median of the rounds' ratios, and the quartiles around it. */
export const ratioOf = (finding: Finding) => {
  const sorted = ratios(finding).toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}

/** Whether a ratio is more than 15 % below an earlier one. */
export const isFallen = (ratio: number, before: number): boolean => ratio < before * 0.85

export const summary = (finding: Finding): string => {
  const { goal, measured, name } = finding
  const { high, low, median: middle } = ratioOf(finding)
  const aim = goal === undefined ? "" : `  goal ${goal} ${middle >= goal ? "reached" : "MISSED"}`
  const spread = `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
  return `${name.padEnd(40)} ${median(measured.ours).toFixed(0)}/s of ${median(measured.theirs).toFixed(0)}/s  ${spread}${aim}`
}
