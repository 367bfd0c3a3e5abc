/** What a billion sessions and 100,000 requests a second need: arithmetic with what was measured. */

import type { Run } from "../growth/growth-results.ts"
import { clearedPerSecond, largestTable, redisBytes } from "../growth/growth-sentences.ts"
import { markdownTable } from "./markdown-table.ts"
import type { Shown } from "./saved-rows.ts"

const [sessions, readsPerSecond, loginsPerSecond, partitions] = [1e9, 100_000, 1000, 128]
const ageInSeconds = 14 * 24 * 3600

/** At most two digits that count: this is a rough estimate. */
const rough = (value: number): string => Number(value.toPrecision(2)).toLocaleString("en", { maximumFractionDigits: 2 })
const gigabytes = (bytes: number) => `${rough(bytes / 1e9)} GB`

/** The table, without the rows whose figures are not measured yet. */
export const arithmetic = (shown: ReadonlyArray<Shown>, runs: ReadonlyArray<Run>): string => {
  const row = (name: string) => shown.find(({ comparison }) => comparison.name === name)?.row
  /** Cores that so many requests a second keep busy. */
  const cores = (microseconds: number | undefined, perSecond: number) => ((microseconds ?? 0) * perSecond) / 1e6
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
  const read = row("me-random:latchkey-node:bare-node")?.ours
  if (read?.cpu !== undefined && read.database !== undefined) {
    const [application, database] = [cores(read.cpu, readsPerSecond), cores(read.database, readsPerSecond)]
    lines.push([
      "100,000 reads a second, of sessions at random",
      `${rough(application)} cores of applications and ${rough(database)} of PostgreSQL at full load; with a third in reserve ${rough(1.5 * application)} and ${rough(1.5 * database)}`
    ])
  }
  const login = row("login:latchkey-node:bare-node")?.ours
  if (login?.cpu !== undefined && login.database !== undefined)
    lines.push([
      "1,000 logins a second, without the hash",
      `${rough(cores(login.cpu, loginsPerSecond))} cores of applications and ${rough(cores(login.database, loginsPerSecond))} of PostgreSQL`
    ])
  const hash = row("storm-hashes:latchkey-node:node-crypto")?.theirs?.cpu
  if (hash !== undefined)
    lines.push([
      `their hashes, ${rough(hash / 1e6)} s of a core each here`,
      `${rough(cores(hash, loginsPerSecond))} cores: the hash, and not the session, decides how many logins are possible ([Passwords](passwords.md#hashers))`
    ])
  return lines.length === 0 ? "Not measured yet." : markdownTable(["", ""], lines)
}
