/**
 * Fails if requests, or what tests call often, have become slower than at the last release:
 * `node bench/check/run.ts`, after `npm run build`. At most two minutes. `--save` keeps the figures of this version in
 * `results/check.json`, for a release.
 *
 * A row falls if it is more than 15 % below the last figure in every one of several processes: V8 compiles the same
 * program differently from one process to the next, and code that is slower is slower in all of them. `verdict.ts`
 * decides.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { bestFigures, type Figures, type Kept, problemsOf, usualFigures } from "./verdict.ts"

const file = fileURLToPath(new URL("../results/check.json", import.meta.url))
const history: ReadonlyArray<Kept> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []
const program = fileURLToPath(new URL("measure.ts", import.meta.url))
const measured = (): Figures => JSON.parse(execFileSync(process.execPath, [program], { encoding: "utf8" }))

const saves = process.argv.includes("--save")
const last = history.at(-1)
if (last === undefined && !saves) throw new Error(problemsOf({}, last).join())
let limit: number | undefined
/** Counted from the end of the first two processes. */
const hasTime = () => {
  limit ??= performance.now() + 35_000
  return performance.now() < limit
}
const figures = saves ? usualFigures(measured) : bestFigures(measured, last, hasTime)

for (const [name, value] of Object.entries(figures))
  console.log(
    `${name.padEnd(48)} ${value.toFixed(1)}, at ${last?.version ?? "no release"} ${last?.figures[name] ?? ""}`
  )
if (saves) {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8")
  )
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(1))]))
  const date = new Date().toISOString().slice(0, 10)
  const entry: Kept = { version, date, node: process.versions.node, figures: rounded }
  const others = history.filter((kept) => kept.version !== version)
  writeFileSync(file, `${JSON.stringify([...others, entry], undefined, 2)}\n`)
} else {
  for (const problem of problemsOf(figures, last)) {
    console.error(problem)
    process.exitCode = 1
  }
}
