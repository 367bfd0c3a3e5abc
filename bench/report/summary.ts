import type { Finding } from "../measures/findings.ts"
import { isReached, median, ratioOf } from "../statistics.ts"

/** One line for the terminal. */
export const summary = (finding: Finding): string => {
  const { goal, name, unit } = finding.comparison
  const { high, low, ratio } = ratioOf(finding)
  const [ours, theirs] = [finding.ours, finding.theirs].map((side) => median(side.map(({ value }) => value)))
  const aim =
    goal === undefined ? "" : `  goal ${goal} ${isReached(finding.comparison, goal, ratio) ? "reached" : "MISSED"}`
  const digits = unit === "requests/s" ? 0 : 2
  const figures = `${ours?.toFixed(digits)} of ${theirs?.toFixed(digits)} ${unit}`
  return `${name.padEnd(52)} ${figures}  ${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})${aim}`
}
