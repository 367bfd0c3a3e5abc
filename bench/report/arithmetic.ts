/** What a billion sessions and 100,000 requests a second need: arithmetic with what was measured. */

import type { Run } from "../growth/growth-results.ts"
import { clearedPerSecond, largestRun, largestTable, redisBytes, span } from "../growth/growth-sentences.ts"
import { markdownTable } from "./markdown-table.ts"
import type { Shown } from "./saved-rows.ts"

const [sessions, readsPerSecond, writesPerSecond, loginsPerSecond, partitions] = [1e9, 100_000, 10_000, 1000, 128]
const ageInSeconds = 14 * 24 * 3600

/** At most two digits that count: this is a rough estimate. */
const rough = (value: number): string => Number(value.toPrecision(2)).toLocaleString("en", { maximumFractionDigits: 2 })
const gigabytes = (bytes: number) => `${rough(bytes / 1e9)} GB`

/** CPU time of a request in microseconds: of the application, and of PostgreSQL. */
interface Cpu {
  readonly application: number
  readonly database: number
}

/** Cores that so many requests a second keep busy; a span if two benches have measured the request. */
const coresText = (costs: ReadonlyArray<Cpu>, perSecond: number): string => {
  const cores = (of: keyof Cpu, times = 1) =>
    span(
      costs.map((cost) => (times * cost[of] * perSecond) / 1e6),
      rough
    )
  const reserve = `${cores("application", 1.5)} and ${cores("database", 1.5)}`
  return `${cores("application")} cores of applications and ${cores("database")} of PostgreSQL at full load; with a third in reserve ${reserve}`
}

/** The table, without the rows whose figures are not measured yet. */
export const arithmetic = (shown: ReadonlyArray<Shown>, runs: ReadonlyArray<Run>): string => {
  const row = (name: string) => shown.find(({ comparison }) => comparison.name === name)?.row
  /** From a row of the bench, and from the largest table of `npm run bench:growth`. */
  const costs = (name: string, page?: "read" | "login"): ReadonlyArray<Cpu> => {
    const ours = row(name)?.ours
    const largest = page && largestRun(runs)?.sizes.at(-1)?.[page]
    return [
      ...(ours?.cpu === undefined || ours.database === undefined
        ? []
        : [{ application: ours.cpu, database: ours.database }]),
      ...(largest === undefined ? [] : [largest])
    ]
  }
  const lines: Array<readonly [string, string]> = []
  const table = largestTable(runs)
  if (table !== undefined) {
    const bytes = (table.bytes / table.sessions) * sessions
    lines.push(
      [
        "a billion sessions in PostgreSQL",
        `${gigabytes(bytes)} when freshly made; plan for ${rough((2 * bytes) / 1e12)} TB`
      ],
      [`each of ${partitions} partitions`, gigabytes(bytes / partitions)]
    )
  }
  const redis = redisBytes(runs)
  if (redis !== undefined) lines.push(["the same sessions in Redis", gigabytes(redis * sessions)])
  if (runs.some(({ cleared }) => cleared !== undefined)) {
    const perSecond = sessions / ageInSeconds
    lines.push([
      "sessions that expire, with an age of two weeks",
      `${rough((perSecond * 24 * 3600) / 1e6)} million a day, ${rough(perSecond)} a second; \`clearSessions\` removed ${clearedPerSecond(runs)} a second`
    ])
  }
  const reads = costs("me-random:latchkey-node:bare-node", "read")
  if (reads.length > 0) lines.push(["100,000 reads a second, of sessions at random", coresText(reads, readsPerSecond)])
  const writes = costs("write:latchkey-node:bare-node")
  for (const { database } of writes) {
    const perCore = `one core of PostgreSQL at full load does ${rough(1e6 / database)} a second`
    lines.push(["10,000 session writes a second", `${coresText(writes, writesPerSecond)}; ${perCore}`])
  }
  const logins = costs("login:latchkey-node:bare-node", "login")
  if (logins.length > 0) lines.push(["1,000 logins a second, without the hash", coresText(logins, loginsPerSecond)])
  const hash = row("storm-hashes:latchkey-node:node-crypto")?.theirs?.cpu
  if (hash !== undefined)
    lines.push([
      `their hashes, ${rough(hash / 1e6)} s of a core each here`,
      `${rough((hash * loginsPerSecond) / 1e6)} cores: the hash, and not the session, decides how many logins are possible ([Passwords](passwords.md#hashers))`
    ])
  return lines.length === 0 ? "Not measured yet." : markdownTable(["", ""], lines)
}
