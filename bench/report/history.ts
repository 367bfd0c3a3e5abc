/** What was measured, for each release: `results/history.json`. Each row is saved as soon as it is measured. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Finding, Sample } from "../measures/findings.ts"
import { partsOf, rareCollections, warmUpRequests } from "../servers.ts"
import { median, ratioOf } from "../statistics.ts"
import type { circumstances } from "./circumstances.ts"

/** Rows can be of different runs, so each says when, of what and how it was measured. */
export interface SavedRow {
  readonly date: string
  readonly commit: string
  readonly machine: string
  /** Of Node, PostgreSQL, and of the frameworks and libraries that were compared. */
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
  /** Options of Node that the servers ran with. Rows that are not of pages, and older rows, have none. */
  readonly nodeOptions?: string
  /** How many requests each server answers before it is measured, if it is fast enough. */
  readonly warmUpRequests?: number
  /** Medians of the rounds. */
  readonly ours?: Sample
  readonly theirs?: Sample
  /** The median of the rounds' ratios, the lowest and the highest. */
  readonly ratio: number
  readonly low?: number
  readonly high?: number
  /** What else a reader should know. */
  readonly note?: string
}

export interface Release {
  /** Of latchkey. */
  readonly version: string
  /** By the names of the comparisons. */
  readonly rows: Readonly<Record<string, SavedRow>>
}

export const results = fileURLToPath(new URL("../results/", import.meta.url))
const file = `${results}history.json`

export const readHistory = (): ReadonlyArray<Release> =>
  existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []

const rounded = (value: number) => Number(value.toFixed(value < 100 ? 2 : 0))

const medianOf = (samples: ReadonlyArray<Sample>): Sample => {
  const of = (values: ReadonlyArray<number | undefined>) => rounded(median(values.map((value) => value ?? 0)))
  const [cpu, database] = [of(samples.map((each) => each.cpu)), of(samples.map((each) => each.database))]
  return {
    value: of(samples.map((each) => each.value)),
    ...(cpu > 0 ? { cpu } : {}),
    ...(database > 0 ? { database } : {})
  }
}

/** A row as it is saved. */
export const rowOf = (
  { comparison, ours, theirs }: Finding,
  { commit, date, machine, versions }: ReturnType<typeof circumstances>
): SavedRow => {
  const { kind } = comparison.measure
  const parts = kind === "page" || kind === "cold" ? { ...partsOf(comparison.ours), ...partsOf(comparison.theirs) } : {}
  const { high, low, ratio } = ratioOf({ ours, theirs })
  return {
    date,
    commit,
    machine,
    versions: { ...versions, ...parts },
    rounds: ours.length,
    ...(kind === "page" ? { nodeOptions: rareCollections.join(" "), warmUpRequests } : {}),
    ours: medianOf(ours),
    theirs: medianOf(theirs),
    ratio: rounded(ratio),
    low: rounded(low),
    high: rounded(high)
  }
}

/** The history with this row in the entry of that release, which comes last if it is a new one. */
export const withRow = (
  history: ReadonlyArray<Release>,
  version: string,
  name: string,
  row: SavedRow
): ReadonlyArray<Release> => {
  const rows = history.find((release) => release.version === version)?.rows
  const entry = { version, rows: { ...rows, [name]: row } }
  return rows === undefined
    ? [...history, entry]
    : history.map((release) => (release.version === version ? entry : release))
}

/** Saves a row immediately: what a run has measured is not lost when it is stopped. */
export const saveRow = (finding: Finding, at: ReturnType<typeof circumstances>): void => {
  mkdirSync(results, { recursive: true })
  const history = withRow(readHistory(), at.version, finding.comparison.name, rowOf(finding, at))
  writeFileSync(`${file}.part`, `${JSON.stringify(history, undefined, 2)}\n`)
  renameSync(`${file}.part`, file)
}
