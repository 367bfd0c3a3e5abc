/**
 * `npm run timing`: does the time of a failed login show what kind of account it is? docs/security.md says how it works
 * and how to read the table. It ends when the intervals are narrow enough: within a minute on a quiet machine, later
 * beside other work. `-- --rounds 1000` is the greatest number of rounds, `-- --seconds 600` the longest time.
 */
import { execFileSync } from "node:child_process"
import { pbkdf2Sync } from "node:crypto"
import { existsSync } from "node:fs"
import { Agent, request } from "node:http"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { startServer } from "../load.ts"
import { controls, iterations, type Kind, kindNames, kinds, nameOf } from "./kinds.ts"
import { trimmedMean } from "./statistics.ts"
import {
  type Comparison,
  compare,
  type Differences,
  doubtsAbout,
  isDecided,
  leaksIn,
  slowIn,
  TOLERANCE
} from "./verdicts.ts"

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "800" }, seconds: { type: "string", default: "900" } }
})
const [mostRounds, mostSeconds] = [Number(values.rounds), Number(values.seconds)]
const WARM_UP = 15
const FEWEST = 60
const STEP = 20

/** The site is on the first core, this client on the last one. */
if (existsSync("/usr/bin/taskset") && availableParallelism() > 1)
  execFileSync("taskset", ["-pc", String(availableParallelism() - 1), String(process.pid)], { stdio: "ignore" })
const site = await startServer([process.execPath, join(import.meta.dirname, "site.ts")], {})
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

interface Attempt {
  /** How long the client waited, in milliseconds. */
  readonly waited: number
  /** The processor time of the site at the beginning of this attempt, in milliseconds. */
  readonly processor: number
}

const ask = (method: "GET" | "POST", status: number, body: string): Promise<Attempt> =>
  new Promise((resolve, reject) => {
    const since = performance.now()
    const sent = request({ agent, port: site.port, host: "127.0.0.1", method, path: "/login" }, (response) => {
      response.resume().once("end", () => {
        const waited = performance.now() - since
        if (response.statusCode !== status) reject(new Error(`the site answered ${response.statusCode}`))
        else resolve({ waited, processor: Number(response.headers["x-processor-ms"]) })
      })
    })
    sent.once("error", reject)
    sent.end(body)
  })

/** One failed login. */
const attempt = (username: string): Promise<Attempt> => ask("POST", 401, JSON.stringify({ username }))

const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

const compared = kindNames.filter((kind) => kind !== "known")
const newDifferences = () => new Map<Kind, Array<number>>(compared.map((kind) => [kind, []]))
const [ofProcessor, ofWaiting] = [newDifferences(), newDifferences()]

/** A pair: the kind and a known account directly after each other, in random order, so that other work meets both. */
const measurePair = async (kind: Kind, round: number): Promise<void> => {
  const index = Math.abs(round)
  const isFirst = Math.random() < 0.5
  const name = nameOf(kind, index)
  const known = nameOf("known", index)
  const one = await attempt(isFirst ? name : known)
  const two = await attempt(isFirst ? known : name)
  const end = await ask("GET", 200, "")
  if (round < 0) return
  const sign = isFirst ? 1 : -1
  ofProcessor.get(kind)?.push(sign * (2 * two.processor - one.processor - end.processor))
  ofWaiting.get(kind)?.push(sign * (one.waited - two.waited))
}

/** The processor time of one hash in this process, in milliseconds. */
const hashMs = trimmedMean(
  Array.from({ length: 30 }, () => {
    const since = process.cpuUsage()
    pbkdf2Sync("x", "0123456789abcdefghijkl", iterations, 32, "sha256")
    const { system, user } = process.cpuUsage(since)
    return (system + user) / 1000
  })
)
const limit = hashMs * TOLERANCE
const since = performance.now()
let round = -WARM_UP
for (; round < mostRounds && performance.now() - since < mostSeconds * 1000; round++) {
  if (round >= FEWEST && round % STEP === 0 && isDecided(ofProcessor, limit)) break
  for (const kind of shuffled(compared)) await measurePair(kind, round)
}
site.stop()
agent.destroy()

const ms = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`
const line = (...cells: readonly [string, string, string, string, string]): string =>
  cells.map((cell, index) => cell.padEnd([36, 17, 19, 10, 0][index] ?? 0)).join("")
const show = (title: string, comparisons: ReadonlyArray<Comparison>): void => {
  console.log(`\n${line(title, "difference, ms", "99 % interval", "p (Holm)", "verdict")}`)
  for (const { chance, high, kind, low, mean, verdict } of comparisons)
    console.log(line(kinds[kind], ms(mean), `${ms(low)} to ${ms(high)}`, chance.toFixed(4), verdict))
}
const resultOf = (differences: Differences) => compare(differences, limit)

const took = ((performance.now() - since) / 1000).toFixed(0)
console.log(
  `${round} rounds, ${took} s; one hash takes ${hashMs.toFixed(1)} ms; equal means within ${limit.toFixed(2)} ms`
)
const [processor, waiting] = [resultOf(ofProcessor), resultOf(ofWaiting)]
show("processor time of the site", processor)
show("time that the client waits", waiting)

const doubts = doubtsAbout(processor)
const slow = slowIn(waiting, limit)
const isResolved = slow.includes("quick")
const leaks = [...new Set([...leaksIn(processor), ...slow.filter((kind) => controls[kind] === undefined)])]
const again = waiting.find(({ kind }) => kind === "again")
if (doubts.length > 0 || !isResolved) {
  const reasons = isResolved
    ? doubts
    : [...doubts, "the client does not notice a missing hash: the machine is too busy"]
  console.log(`\ninvalid:\n${reasons.map((reason) => `- ${reason}`).join("\n")}`)
  process.exitCode = 2
} else if (leaks.length > 0) {
  console.log(
    `\nFAILED: the time shows: ${leaks.map((kind) => kinds[kind]).join("; ")}. Repeat it: a leak is found again in two of three runs.`
  )
  process.exitCode = 1
} else
  console.log(
    `\npassed: the work of a failed login does not show what kind of account it is, nor does the time that a client waits, as far as this machine can tell (${ms(Math.max(Math.abs(again?.low ?? 0), Math.abs(again?.high ?? 0)))} ms)`
  )
