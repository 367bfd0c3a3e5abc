/** Whether something has become slower since the last release: the decision of `npm run bench:check`. */
import { isFallen, median } from "../statistics.ts"

/** By the name of the row: how many calls take as long as a hundred pieces of the fixed work. */
export type Figures = Readonly<Record<string, number>>

/** The figures of a release, as `results/check.json` keeps them. */
export interface Kept {
  readonly version: string
  readonly date: string
  readonly node: string
  readonly figures: Figures
}

const bestOf = (one: Figures, other: Figures): Figures =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, Math.max(value, other[name] ?? value)]))

const withoutFigure = (rows: Figures, figures: Figures) => Object.keys(rows).filter((name) => !(name in figures))
const toSave = "if this is intended, keep the rows with npm run bench:check -- --save"

/** What is wrong with these figures, as sentences. A row without a figure on one side cannot be compared. */
export const problemsOf = (figures: Figures, last: Kept | undefined): ReadonlyArray<string> => {
  if (last === undefined) return ["no figures are kept: npm run bench:check -- --save"]
  const { figures: before, version } = last
  const fallen = Object.keys(figures).filter((name) => {
    const [now, then] = [figures[name], before[name]]
    return now !== undefined && then !== undefined && !(now > 0 && !isFallen(now, then))
  })
  const added = withoutFigure(figures, before)
  const removed = withoutFigure(before, figures)
  return [
    ...(fallen.length > 0 ? [`more than 15 % slower than ${version}: ${fallen.join(", ")}`] : []),
    ...(added.length > 0 ? [`not measured at ${version}: ${added.join(", ")}; ${toSave}`] : []),
    ...(removed.length > 0 ? [`measured at ${version} and not now: ${removed.join(", ")}; ${toSave}`] : [])
  ]
}

/**
 * The middle figures of five processes, which a release keeps. A check takes the best of its processes, so that it fails
 * only if even these are far below the usual ones.
 *
 * @param measured figures of a new process
 */
export const usualFigures = (measured: () => Figures): Figures => {
  const all = Array.from({ length: 5 }, measured)
  return Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, median(all.map((one) => one[name] ?? 0))]))
}

/**
 * The best figures of two processes, and of further ones while there is a problem and time.
 *
 * @param measured figures of a new process
 */
export const bestFigures = (measured: () => Figures, last: Kept | undefined, hasTime: () => boolean): Figures => {
  let best = bestOf(measured(), measured())
  while (problemsOf(best, last).length > 0 && hasTime()) best = bestOf(best, measured())
  return best
}
