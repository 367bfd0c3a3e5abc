/**
 * `npm run timing`: does the time of a login, of a request for a reset link or of a sign-up show what kind of account there
 * is? docs/security.md says how it works and how to read the tables. Each scene of kinds.ts ends when the intervals are
 * narrow enough: within a minute or two on a quiet machine, later beside other work.
 *
 * `-- login reset` measures only these scenes. `-- --rounds 1000` is the greatest number of rounds of a scene,
 * `-- --seconds 600` its longest time. `-- --iterations 70000` is the cost of a hash with PBKDF2: 15 to 20 ms on a machine
 * of today. On a busy machine, hashes of 2 ms are measured better: other work interrupts fewer of them, and the limits are
 * parts of a hash. `-- --save` keeps the results in bench/results.
 */
import { execFileSync } from "node:child_process"
import { pbkdf2Sync } from "node:crypto"
import { existsSync } from "node:fs"
import { Agent, request } from "node:http"
import { availableParallelism, loadavg } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { startServer } from "../load.ts"
import { circumstances } from "../report/circumstances.ts"
import { kindsIn, type SceneName, sceneNames, sceneOf } from "./kinds.ts"
import { requestOf } from "./request.ts"
import { save } from "./results.ts"
import { trimmedMean } from "./statistics.ts"
import { type Comparison, compare, isDecided, outcomeOf } from "./verdicts.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "800" },
    seconds: { type: "string", default: "600" },
    iterations: { type: "string", default: "70000" },
    save: { type: "boolean", default: false }
  }
})
const [mostRounds, mostSeconds] = [Number(values.rounds), Number(values.seconds)]
const iterations = Number(values.iterations)
const WARM_UP = 15
const FEWEST = 60
const STEP = 20

/** The site is on the first core, this client on the last one. */
if (existsSync("/usr/bin/taskset") && availableParallelism() > 1)
  execFileSync("taskset", ["-pc", String(availableParallelism() - 1), String(process.pid)], { stdio: "ignore" })

interface Attempt {
  /** How long the client waited, in milliseconds. */
  readonly waited: number
  /** The processor time of the site when the request came and when its answer began, in milliseconds. */
  readonly came: number
  readonly answered: number
}

type Sent = ReturnType<typeof requestOf>

const nothing = { path: "/", headers: {}, body: "" }

const asker = (port: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (method: "GET" | "POST", { body, headers, path }: Omit<Sent, "headers"> & { headers: object }) =>
    new Promise<Attempt>((resolve, reject) => {
      const since = performance.now()
      const sent = request({ agent, port, host: "127.0.0.1", method, path, headers: { ...headers } }, (response) => {
        response.resume().once("end", () => {
          const waited = performance.now() - since
          const status = response.statusCode ?? 0
          if (method === "POST" && status !== 401 && status !== 302) reject(new Error(`the site answered ${status}`))
          const header = (name: string) => Number(response.headers[name])
          resolve({ waited, came: header("x-came-ms"), answered: header("x-answered-ms") })
        })
      })
      sent.once("error", reject)
      sent.end(body)
    })
  return { ask, close: () => agent.destroy() }
}

const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

/** The processor time of one hash in this process, in milliseconds. */
const hashMs = trimmedMean(
  Array.from({ length: 30 }, () => {
    const since = process.cpuUsage()
    pbkdf2Sync("x", "0123456789abcdefghijkl", iterations, 32, "sha256")
    const { system, user } = process.cpuUsage(since)
    return (system + user) / 1000
  })
)

/** How long to wait after an answer, so that the mail that follows it does not count for the next request. */
const pauseMs = 8

const measure = async (name: SceneName) => {
  const scene = sceneOf(name)
  const limit = hashMs * scene.tolerance
  const [reference = "", ...compared] = kindsIn(scene)
  const site = await startServer([process.execPath, join(import.meta.dirname, "serve.ts"), String(iterations)], {})
  const { ask, close } = asker(site.port)
  const hasPause = scene.until === "answer"
  const rest = () => (hasPause ? sleep(pauseMs) : undefined)
  const newDifferences = () => new Map<string, Array<number>>(compared.map((kind) => [kind, []]))
  const [ofProcessor, ofWaiting, afterwards] = [newDifferences(), newDifferences(), newDifferences()]

  /** A pair: the kind and the first kind directly after each other, in random order, so that other work meets both. */
  const measurePair = async (kind: string, round: number): Promise<void> => {
    const isFirst = Math.random() < 0.5
    const attempt = (of: string) => ask("POST", requestOf(name, of, Math.abs(round), site.port))
    const one = await attempt(isFirst ? kind : reference)
    await rest()
    const two = await attempt(isFirst ? reference : kind)
    await rest()
    const end = await ask("GET", nothing)
    if (round < 0) return
    const sign = isFirst ? 1 : -1
    const until = sign * (one.answered - one.came - (two.answered - two.came))
    const after = sign * (two.came - one.answered - (end.came - two.answered))
    ofProcessor.get(kind)?.push(hasPause ? until : until + after)
    afterwards.get(kind)?.push(after)
    ofWaiting.get(kind)?.push(sign * (one.waited - two.waited))
  }

  const before = loadavg()[0] ?? 0
  const since = performance.now()
  let round = -WARM_UP
  for (; round < mostRounds && performance.now() - since < mostSeconds * 1000; round++) {
    if (round >= FEWEST && round % STEP === 0 && isDecided(ofProcessor, limit)) break
    for (const kind of shuffled(compared)) await measurePair(kind, round)
  }
  site.stop()
  close()
  const [processor, waiting] = [compare(ofProcessor, limit), compare(ofWaiting, limit)]
  const { commit, date, machine, versions } = circumstances()
  return {
    ...{ date, commit, machine, versions: { Node: versions.Node }, load: [before, loadavg()[0] ?? 0] as const },
    ...{ rounds: round, seconds: Math.round((performance.now() - since) / 1000), iterations, hashMs, limitMs: limit },
    ...{ outcome: outcomeOf(scene, processor, waiting, limit), processor, waiting },
    ...(hasPause ? { afterwards: compare(afterwards, limit) } : {})
  }
}

const ms = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`
const line = (...cells: readonly [string, string, string, string, string]): string =>
  cells.map((cell, index) => cell.padEnd([64, 17, 19, 10, 0][index] ?? 0)).join("")

const exitCodes = { passed: 0, failed: 1, invalid: 2 } as const

for (const name of sceneNames) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const scene = sceneOf(name)
  const found = await measure(name)
  const show = (title: string, comparisons: ReadonlyArray<Comparison>): void => {
    console.log(`\n${line(title, "difference, ms", "99 % interval", "p (Holm)", "verdict")}`)
    for (const { chance, high, kind, low, mean, verdict } of comparisons)
      console.log(
        line(scene.kinds[kind]?.words ?? kind, ms(mean), `${ms(low)} to ${ms(high)}`, chance.toFixed(4), verdict)
      )
  }
  const { hashMs: hash, limitMs, outcome, rounds, seconds } = found
  console.log(
    `\n== ${scene.title} (${name}): ${rounds} rounds, ${seconds} s; one hash takes ${hash.toFixed(1)} ms; equal means within ${limitMs.toFixed(2)} ms`
  )
  show(
    scene.until === "answer" ? "processor time of the site, until the answer" : "processor time of the site",
    found.processor
  )
  show("time that the client waits", found.waiting)
  if (found.afterwards !== undefined) show("processor time of the site after the answer", found.afterwards)
  console.log(`\n${name}: ${outcome.verdict}${outcome.reasons.map((reason) => `\n- ${reason}`).join("")}`)
  process.exitCode = Math.max(Number(process.exitCode ?? 0), exitCodes[outcome.verdict])
  if (values.save) save(name, found)
}
