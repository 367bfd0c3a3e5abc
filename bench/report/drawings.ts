/** Everything that is made from the saved results, without measuring: charts, tables, and the blocks of pages. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { corePage, readCore } from "../core/core-results.ts"
import { growthFiles, readGrowth } from "../growth/growth-results.ts"
import { pagesWithResults, withResults } from "./blocks.ts"
import { readHistory } from "./history.ts"
import { ratioChart } from "./ratio-chart.ts"
import { measuredOn, type Shown, shownRows } from "./saved-rows.ts"
import { allTables, frameworkGroups, libraryGroups } from "./tables.ts"

const root = join(import.meta.dirname, "..", "..")

const schemes = ["light", "dark"] as const

/** The files in `bench/results` that are made of these rows, of `growth.json` and of `core.json`, by name. */
export const resultFiles = (shown: ReadonlyArray<Shown>): ReadonlyMap<string, string> => {
  const libraries = libraryGroups(shown)
  const [read] = libraries
  const core = readCore()
  const charts = [
    [
      "read",
      "Authenticated read: latchkey's requests a second, divided by the other's",
      read === undefined ? [] : [read]
    ],
    ["libraries", "latchkey's requests a second, divided by the other's", libraries],
    ["frameworks", "latchkey's requests a second, divided by those of the framework alone", frameworkGroups(shown)]
  ] as const
  const note = `${measuredOn(shown.filter(({ comparison }) => comparison.measure.kind === "page"))}: npm run bench -- --save`
  return new Map([
    ["requests.md", allTables(shown)],
    ...growthFiles(readGrowth()),
    ...(core === undefined ? [] : [["core.md", corePage(core)] as const]),
    ...charts.flatMap(([name, title, groups]) =>
      schemes.map((scheme) => [`${name}-${scheme}.svg`, ratioChart(title, note, groups, scheme)] as const)
    )
  ])
}

/** The pages with the results in them, by their path in the repository. */
export const resultPages = (shown: ReadonlyArray<Shown>): ReadonlyMap<string, string> =>
  new Map(pagesWithResults.map((page) => [page, withResults(page, readFileSync(join(root, page), "utf8"), shown)]))

/** Writes all of them. */
export const draw = (): void => {
  const shown = shownRows(readHistory())
  const files = resultFiles(shown)
  for (const [name, text] of files) writeFileSync(join(root, "bench/results", name), text)
  // Charts of runs that are no longer kept.
  for (const name of readdirSync(join(root, "bench/results")))
    if (name.endsWith(".svg") && !files.has(name)) rmSync(join(root, "bench/results", name))
  for (const [page, text] of resultPages(shown)) writeFileSync(join(root, page), text)
}

if (import.meta.main) draw()
