/**
 * Measures latchkey beside other servers on the same database, which take turns of 50 ms: the server on one core,
 * the load and PostgreSQL on another. Only ratios are meaningful; other load on the machine affects both.
 * Needs PostgreSQL's programs and `wrk`. See README.md in this folder.
 */
import { parseArgs } from "node:util"
import { type Comparison, comparisons } from "./comparisons.ts"
import { cores, moveTo } from "./cores.ts"
import { measureCold } from "./measures/cold.ts"
import type { Finding, Run } from "./measures/findings.ts"
import { measureProcesses } from "./measures/processes.ts"
import { measureStorm } from "./measures/storm.ts"
import { measurePages, randomSessions } from "./measures/throughput.ts"
import { circumstances } from "./report/circumstances.ts"
import { draw } from "./report/drawings.ts"
import { readHistory, saveRow } from "./report/history.ts"
import { isOlderPage } from "./report/saved-rows.ts"
import { summary } from "./report/summary.ts"
import { isWorse, ratioOf } from "./statistics.ts"
import { fill } from "./store.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "4" },
    check: { type: "boolean", default: false },
    missing: { type: "boolean", default: false },
    save: { type: "boolean", default: false }
  }
})
const at = circumstances()
const history = readHistory()
const saved = history.find(({ version }) => version === at.version)?.rows ?? {}
const last = history.at(-1)?.rows
if (values.check && last === undefined) throw new Error("there is no saved measurement: npm run bench -- --save")

const isSaved = (comparison: Comparison): boolean => {
  const row = saved[comparison.name]
  return row?.ours !== undefined && !isOlderPage({ comparison, row })
}
const chosen = comparisons.filter(
  (comparison) =>
    (positionals.length === 0 || positionals.some((part) => comparison.name.includes(part))) &&
    !(values.missing && isSaved(comparison))
)
if (chosen.length === 0) throw new Error(`no comparison to measure: ${positionals.join(", ") || "all are saved"}`)

const since = performance.now()
/** Minutes and seconds since the start. */
const elapsed = () => {
  const seconds = Math.round((performance.now() - since) / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, "0")}`
}
const found = (finding: Finding) => {
  const { comparison } = finding
  console.log(`${elapsed()} ${summary(finding)}`)
  if (values.save) saveRow(finding, at)
  const before = last?.[comparison.name]?.ratio
  const { ratio } = ratioOf(finding)
  if (values.check && before !== undefined && isWorse(comparison, ratio, before)) {
    console.error(`${comparison.name}: ${ratio.toFixed(2)}, was ${before}: more than 15 % worse`)
    process.exitCode = 1
  }
}

// Stopped servers go on, and then end, when this process ends.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))

moveTo(cores.load, [process.pid]) // it is a client, too
// Every run has as many sessions in the table, whichever rows it measures.
const store = await fill(randomSessions)
store.moveTo(cores.load)
const run: Run = {
  store,
  rounds: Number(values.rounds),
  found,
  leftOut: ({ name }, why) => {
    process.exitCode = 1 // the others still run
    console.log(`${elapsed()} ${name}: left out: ${why}`)
  }
}
try {
  for (const measure of [measurePages, measureCold, measureStorm, measureProcesses]) await measure(chosen, run)
} finally {
  await store.stop()
}
if (values.save) draw()
console.log(`${chosen.length} rows in ${elapsed().trim()} minutes`)
