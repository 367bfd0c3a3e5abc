/**
 * Nanoseconds and bytes of each transition of the core, and what the interpreter adds to them:
 * `npm run bench:core`. About 40 seconds. `--save` keeps it in `results/core.json`, and draws the pages that show it.
 *
 * Time is the CPU time of this thread, the lower quartile of the rounds, so that other load on the machine matters less.
 * Bytes are what a call allocates.
 */
import { draw } from "../report/drawings.ts"
import { lowerQuartile, median } from "../statistics.ts"
import { corePage, keepCore, slowTransitions, withCircumstances } from "./core-results.ts"
import { measureRequests } from "./requests.ts"
import { transitions } from "./transitions.ts"

const rounds = 21
let kept: unknown // so that V8 does not leave out a call whose result nothing uses

const cpuNanoseconds = (run: () => unknown, calls: number): number => {
  const before = process.threadCpuUsage()
  for (let call = 0; call < calls; call++) kept = run()
  const { system, user } = process.threadCpuUsage(before)
  return ((system + user) * 1000) / calls
}

/** Few enough calls that no garbage is collected between the two readings. A collection makes the result negative. */
const bytes = (run: () => unknown): number => {
  const calls = 1000
  const before = process.memoryUsage().heapUsed
  for (let call = 0; call < calls; call++) kept = run()
  return (process.memoryUsage().heapUsed - before) / calls
}

const measured = (run: () => unknown) => {
  cpuNanoseconds(run, 20_000) // until V8 has compiled it
  const calls = Math.round(2e7 / Math.max(20, cpuNanoseconds(run, 20_000))) // 20 ms a round, or less
  const times = Array.from({ length: rounds }, () => cpuNanoseconds(run, calls))
  const sizes = Array.from({ length: rounds }, () => bytes(run)).filter((size) => size >= 0)
  return { nanoseconds: Math.round(lowerQuartile(times)), bytes: Math.round(median(sizes)) }
}

const result = withCircumstances({
  transitions: Object.entries(transitions).map(([name, run]) => ({ name, ...measured(run) })),
  requests: await measureRequests(rounds)
})
console.log(corePage(result))
console.log(slowTransitions(result))
if (kept === undefined) throw new Error("nothing was measured")
if (process.argv.includes("--save")) {
  keepCore(result)
  draw()
}
