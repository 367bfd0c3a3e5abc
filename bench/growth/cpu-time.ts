/** CPU time of processes, from Linux's `/proc`. */
import { readdirSync, readFileSync } from "node:fs"

const fieldsOf = (pid: string): ReadonlyArray<string> => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? []
  } catch {
    return [] // it has ended
  }
}

/** CPU time of a process, its children, and its children that have ended, in microseconds (in steps of 10,000). */
export const cpuOfTree = (root: number): number => {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  const family = all.map((pid) => [Number(pid), fieldsOf(pid)] as const)
  const ticks = family
    .filter(([pid, fields]) => pid === root || Number(fields[1]) === root)
    .map(([pid, fields]) => (pid === root ? fields.slice(11, 15) : fields.slice(11, 13)))
  return ticks.flat().reduce((sum, each) => sum + Number(each), 0) * 10_000
}
