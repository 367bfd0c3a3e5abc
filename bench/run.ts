/**
 * Compares requests per second, side by side: two servers on the same database take turns of one second, the server on
 * one core, the load and PostgreSQL on another. Only ratios are meaningful; other load on the machine affects both.
 * Needs PostgreSQL's programs and `wrk`. See README.md in this folder.
 */
import { parseArgs } from "node:util"
import { type Comparison, comparisons } from "./comparisons.ts"
import { cookiesOf } from "./cookies.ts"
import { measure, type Requests } from "./load.ts"
import { compareWithHistory, type Finding, keep } from "./results.ts"
import { type RunningServer, startKind } from "./servers.ts"
import { summary } from "./statistics.ts"
import { fill } from "./store.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "15" }, check: { type: "boolean" }, save: { type: "boolean" } }
})
const rounds = Number(values.rounds)
const chosen = comparisons.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part))
)
if (chosen.length === 0) throw new Error(`no comparison is called ${positionals.join(" or ")}`)

const hot = 1000
const random = 100_000
const store = await fill(chosen.some(({ sessions }) => sessions === "random") ? random : hot)
const findings: Array<Finding> = []

try {
  for (const comparison of chosen) {
    const found = await compare(comparison).catch((error: unknown) => {
      process.exitCode = 1 // the others still run
      return String(error)
    })
    if (typeof found === "string") console.log(`${comparison.name}: left out: ${found}`)
    else {
      findings.push(found)
      console.log(summary(found))
    }
  }
} finally {
  await store.stop()
}
if (values.save) keep(findings)
if (values.check) compareWithHistory(findings)

/** @returns what was measured, or why nothing could be */
async function compare(comparison: Comparison): Promise<Finding | string> {
  const ours = await startKind(comparison.ours, store.url)
  const theirs = await startKind(comparison.theirs, store.url)
  try {
    if (typeof ours === "string") return ours
    if (typeof theirs === "string") return theirs
    const sides = [await side(ours, comparison), await side(theirs, comparison)] as const
    for (const turn of sides) await turn()
    const measured: [Array<number>, Array<number>] = [[], []]
    for (let round = 0; round < (comparison.sessions === "fresh" ? Math.min(rounds, 5) : rounds); round++)
      for (const at of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) measured[at].push(await sides[at]())
    return { ...comparison, measured: { ours: measured[0], theirs: measured[1] } }
  } finally {
    for (const server of [ours, theirs]) if (typeof server !== "string") server.stop()
  }
}

/** @returns one round of load on this server, which answers requests per second */
async function side(server: RunningServer, { sessions, target }: Comparison): Promise<() => Promise<number>> {
  const path = `${server.prefix}${target}`
  if (target === "/login") {
    const requests: Requests = { lines: store.logins(server.prefix), order: "in turn", target: undefined }
    return async () => measure(server, requests, 1).perSecond
  }
  if (sessions !== "fresh") {
    const lines = sessions === "random" ? store.cookies(random) : await cookiesOf(server, hot, store.file)
    return async () => measure(server, { lines, order: "random", target: path }, 1).perSecond
  }
  let enough = 4000
  return async () => {
    const lines = await cookiesOf(server, enough, store.file)
    const { count, perSecond } = measure(server, { lines, order: "in turn", target: path }, 1)
    if (count <= enough) return perSecond
    enough = Math.ceil(count * 1.5) // some sessions were used twice: again, with more of them
    const more = await cookiesOf(server, enough, store.file)
    return measure(server, { lines: more, order: "in turn", target: path }, 1).perSecond
  }
}
