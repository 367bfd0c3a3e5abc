/** The rows that the pages show: those of the last release that was measured. */
import { type Comparison, comparisons } from "../comparisons.ts"
import type { Release, SavedRow } from "./history.ts"

export interface Shown {
  readonly comparison: Comparison
  readonly row: SavedRow
}

/** Whether a row of a page was measured in an older way, with a shorter warm-up. */
export const isOlderPage = ({ comparison, row }: Shown): boolean =>
  comparison.measure.kind === "page" && row.warmUpRequests === undefined

/** The rows of the last release in the order of `comparisons.ts`. */
export const shownRows = (history: ReadonlyArray<Release>): ReadonlyArray<Shown> =>
  comparisons.flatMap((comparison) => {
    const row = history.at(-1)?.rows[comparison.name]
    return row === undefined ? [] : [{ comparison, row }]
  })

const plural = (values: ReadonlyArray<string | number>, word: string) =>
  values.length === 1 ? `${values[0]} ${word}` : `${values.slice(0, -1).join(", ")} or ${values.at(-1)} ${word}`

/** When, on what and how often these rows were measured. */
export const measuredOn = (shown: ReadonlyArray<Shown>): string => {
  if (shown.length === 0) return "not measured yet"
  const each = <A extends string | number>(of: (row: SavedRow) => A) =>
    [...new Set(shown.map(({ row }) => of(row)))].toSorted((a, b) =>
      String(a).localeCompare(String(b), "en", { numeric: true })
    )
  const dates = each(({ date }) => date)
  const when = dates.length < 2 ? `on ${dates[0]}` : `from ${dates[0]} to ${dates.at(-1)}`
  const node = each(({ versions }) => versions["Node"] ?? "unknown").join(" and ")
  const postgres = each(({ versions }) => versions["PostgreSQL"] ?? "unknown").join(" and ")
  const machines = each(({ machine }) => machine).join(" and ")
  return `measured ${when} on ${machines}, Node ${node}, PostgreSQL ${postgres}; medians of ${plural(
    each(({ rounds }) => rounds),
    "rounds"
  )}`
}

/** `1.03 (0.98 to 1.09)`: the median of the ratios, the lowest and the highest. */
export const ratioText = ({ high, low, ratio }: SavedRow): string => {
  const text = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1))
  return low === undefined || high === undefined ? text(ratio) : `${text(ratio)} (${text(low)} to ${text(high)})`
}
