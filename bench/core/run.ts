/**
 * Nanoseconds and bytes of each transition of the core, and what the interpreter adds to them:
 * `npm run bench:core`. About a minute. `--save` keeps it in `results/core.json`, and draws the pages that show it.
 *
 * Time is the CPU time of this process, the lower quartile of the rounds, so that other load on the machine matters less.
 * Bytes are what a call allocates.
 */
import { draw } from "../report/drawings.ts"
import { lowerQuartile, median } from "../statistics.ts"
import { corePage, keepCore, slowTransitions, type TransitionCost, withCircumstances } from "./core-results.ts"
import { measureRequests } from "./requests.ts"
import { callsThatTake, cpuClock, leastRound } from "./rounds.ts"
import { transitions, withHmac } from "./transitions.ts"

const rounds = 21
let kept: unknown // so that V8 does not leave out a call whose result nothing uses

const least = leastRound(cpuClock)
/** Nanoseconds of so many calls. */
const timeOf = (run: () => unknown) => (calls: number) => {
  const before = cpuClock()
  for (let call = 0; call < calls; call++) kept = run()
  return cpuClock() - before
}

/** Few enough calls that no garbage is collected between the two readings. A collection makes the result negative. */
const bytes = (run: () => unknown): number => {
  const calls = 1000
  const before = process.memoryUsage().heapUsed
  for (let call = 0; call < calls; call++) kept = run()
  return (process.memoryUsage().heapUsed - before) / calls
}

const measured = async (run: () => unknown) => {
  const time = timeOf(run)
  time(20_000) // until V8 has compiled it
  const calls = await callsThatTake(least, time)
  const times = Array.from({ length: rounds }, () => time(calls) / calls)
  const sizes = Array.from({ length: rounds }, () => bytes(run)).filter((size) => size >= 0)
  return { nanoseconds: Math.round(lowerQuartile(times)), bytes: Math.round(median(sizes)) }
}

const measuredTransitions: Array<TransitionCost> = []
for (const [name, run] of Object.entries(transitions))
  measuredTransitions.push({ name, ...(withHmac.has(name) ? { hmac: true } : {}), ...(await measured(run)) })
const result = withCircumstances({
  transitions: measuredTransitions,
  requests: await measureRequests(rounds, least)
})
console.log(corePage(result))
console.log(slowTransitions(result))
if (kept === undefined) throw new Error("nothing was measured")
if (process.argv.includes("--save")) {
  keepCore(result)
  draw()
}
