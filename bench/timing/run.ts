/**
 * `npm run timing`: does the time of a failed login show what kind of account it is? Takes minutes, and needs a quiet
 * machine. docs/security.md says how it works and how to read the table. `-- --rounds 100` is shorter and less exact.
 */
import { spawn } from "node:child_process"
import { pbkdf2 } from "node:crypto"
import { Agent, request } from "node:http"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { parseArgs, promisify } from "node:util"
import { controls, iterations, type Kind, kindNames, kinds, nameOf } from "./kinds.ts"
import { chanceOf, holm, intervalOf, trimmedMean } from "./statistics.ts"

const { values } = parseArgs({ options: { rounds: { type: "string", default: "400" } } })
const rounds = Number(values.rounds)
const WARM_UP = 15
/** The largest difference that counts as equal, as a part of one password hash. */
const TOLERANCE = 0.05

const site = spawn(process.execPath, [join(import.meta.dirname, "site.ts")], { stdio: ["ignore", "pipe", "inherit"] })
process.once("exit", () => site.kill())
const port = await new Promise<number>((resolve, reject) => {
  createInterface(site.stdout).once("line", (line) => resolve(Number(line.split(" ").at(-1))))
  site.once("exit", (code) => reject(new Error(`the site ended with ${code}`)))
})
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** The time of a failed login, in milliseconds. */
const attempt = (username: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const since = performance.now()
    const sent = request({ agent, port, host: "127.0.0.1", method: "POST", path: "/login" }, (response) => {
      response.resume().once("end", () => {
        if (response.statusCode === 401) resolve(performance.now() - since)
        else reject(new Error(`the site answered ${response.statusCode}`))
      })
    })
    sent.once("error", reject)
    sent.end(JSON.stringify({ username }))
  })

const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

const times = new Map<Kind, Array<number>>(kindNames.map((kind) => [kind, []]))
for (let round = -WARM_UP; round < rounds; round++)
  for (const kind of shuffled(kindNames)) {
    const took = await attempt(nameOf(kind, Math.abs(round)))
    if (round >= 0) times.get(kind)?.push(took)
  }

const hash = promisify(pbkdf2)
const ofHash: Array<number> = []
for (let run = 0; run < 50; run++) {
  const since = performance.now()
  await hash("x", "0123456789abcdefghijkl", iterations, 32, "sha256")
  ofHash.push(performance.now() - since)
}
site.kill()
agent.destroy()

const hashMs = trimmedMean(ofHash)
const limit = hashMs * TOLERANCE
const known = times.get("known") ?? []
const verdictOf = (low: number, high: number) => {
  if (low > -limit && high < limit) return "equal"
  return low > 0 || high < 0 ? "different" : "unclear"
}
const compared = kindNames
  .filter((kind) => kind !== "known")
  .map((kind) => {
    const differences = (times.get(kind) ?? []).map((value, round) => value - (known[round] ?? Number.NaN))
    const [low, high] = intervalOf(differences)
    return {
      kind,
      low,
      high,
      mean: trimmedMean(differences),
      chance: chanceOf(differences),
      verdict: verdictOf(low, high)
    }
  })
const chances = holm(compared.map(({ chance }) => chance))

const ms = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`
const line = (...cells: readonly [string, string, string, string, string]): string =>
  cells.map((cell, index) => cell.padEnd([36, 17, 19, 10, 0][index] ?? 0)).join("")
console.log(`${rounds} rounds; one hash takes ${hashMs.toFixed(1)} ms; equal means within ${limit.toFixed(2)} ms\n`)
console.log(line("account", "difference, ms", "99 % interval", "p (Holm)", "verdict"))
for (const [index, { high, kind, low, mean, verdict }] of compared.entries())
  console.log(line(kinds[kind], ms(mean), `${ms(low)} to ${ms(high)}`, (chances[index] ?? 1).toFixed(4), verdict))

const named = (found: typeof compared): string => found.map(({ kind }) => kinds[kind]).join("; ")
const doubtful = compared.filter(
  ({ kind, verdict }) => verdict !== (controls[kind] ?? (verdict === "unclear" ? "" : verdict))
)
const leaks = compared.filter(({ kind, verdict }) => controls[kind] === undefined && verdict === "different")
if (doubtful.length > 0) {
  console.log(`\ninvalid, because of: ${named(doubtful)}. Repeat it on a quieter machine, or with more rounds.`)
  process.exitCode = 2
} else if (leaks.length > 0) {
  console.log(`\nFAILED: the time shows: ${named(leaks)}. Repeat it: a leak is found again in two of three runs.`)
  process.exitCode = 1
} else console.log("\npassed: the time of a failed login does not show what kind of account it is")
