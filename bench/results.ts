/** What was measured: written to `results/`, and compared with the last release's. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { chart } from "./chart.ts"
import type { Comparison } from "./comparisons.ts"
import { isFallen, median, ratioOf } from "./statistics.ts"

export interface Finding extends Comparison {
  /** Requests per second of each round. */
  readonly measured: { readonly ours: ReadonlyArray<number>; readonly theirs: ReadonlyArray<number> }
}

interface Kept {
  readonly date: string
  readonly version: string
  readonly machine: string
  readonly command: string
  readonly results: Readonly<Record<string, { ours: number; theirs: number; ratio: number; low: number; high: number }>>
}

const folder = fileURLToPath(new URL("results/", import.meta.url))
const history = `${folder}history.json`

const readHistory = (): ReadonlyArray<Kept> => (existsSync(history) ? JSON.parse(readFileSync(history, "utf8")) : [])

const rounded = (value: number) => Number(value.toFixed(value < 100 ? 2 : 0))

/** Adds a measurement to the history, and writes the table and the charts that the documentation shows. */
export const keep = (findings: ReadonlyArray<Finding>): void => {
  mkdirSync(folder, { recursive: true })
  const packageFile = new URL("../package.json", import.meta.url)
  const version: string = JSON.parse(readFileSync(packageFile, "utf8")).version
  const results = Object.fromEntries(
    findings.map((finding) => {
      const { high, low, median: ratio } = ratioOf(finding)
      const { ours, theirs } = finding.measured
      return [
        finding.name,
        {
          ours: rounded(median(ours)),
          theirs: rounded(median(theirs)),
          ratio: rounded(ratio),
          low: rounded(low),
          high: rounded(high)
        }
      ]
    })
  )
  const postgres = execFileSync("sh", ["-c", "ls /usr/lib/postgresql | tail -1"], { encoding: "utf8" }).trim()
  const entry: Kept = {
    date: new Date().toISOString().slice(0, 10),
    version,
    machine: `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.versions.node}, PostgreSQL ${postgres}`,
    command: "npm run bench -- --save",
    results
  }
  const earlier = readHistory().filter((kept) => kept.version !== version)
  writeFileSync(history, `${JSON.stringify([...earlier, entry], undefined, 2)}\n`)
  writeFileSync(`${folder}results.md`, table(entry, findings))
  for (const [at, section] of [...Map.groupBy(findings, (finding) => finding.section)].entries())
    for (const scheme of ["light", "dark"] as const)
      writeFileSync(`${folder}${at + 1}-${scheme}.svg`, chart(section[0], section[1], scheme))
}

/** Fails if a ratio fell by more than 15 % against the last kept measurement. */
export const compareWithHistory = (findings: ReadonlyArray<Finding>): void => {
  const last = readHistory().at(-1)
  if (last === undefined) throw new Error("there is no kept measurement: npm run bench -- --save")
  const fallen = findings.filter((finding) => {
    const kept = last.results[finding.name]
    return kept !== undefined && isFallen(ratioOf(finding).median, kept.ratio)
  })
  for (const finding of fallen)
    console.error(`${finding.name}: ${ratioOf(finding).median.toFixed(2)}, was ${last.results[finding.name]?.ratio}`)
  if (fallen.length > 0) process.exitCode = 1
}

const table = (entry: Kept, findings: ReadonlyArray<Finding>): string => {
  const lines = [`Measured on ${entry.date}, latchkey ${entry.version}, ${entry.machine}: \`${entry.command}\`.`, ""]
  for (const [section, rows] of Map.groupBy(findings, (finding) => finding.section)) {
    lines.push(`### ${section}`, "", "| latchkey | beside | requests/s | of | ratio | middle half | goal |")
    lines.push("| --- | --- | ---: | ---: | ---: | --- | --- |")
    for (const { goal, name, ours, theirs } of rows) {
      const kept = entry.results[name]
      if (kept === undefined) continue
      const aim = goal === undefined ? "" : `${goal} ${kept.ratio >= goal ? "reached" : "missed"}`
      const cells = [
        ours.replace("latchkey-", ""),
        theirs,
        kept.ours,
        kept.theirs,
        kept.ratio,
        `${kept.low} to ${kept.high}`
      ]
      lines.push(`| ${[...cells, aim].join(" | ")} |`)
    }
    lines.push("")
  }
  return lines.join("\n")
}
