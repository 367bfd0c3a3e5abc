/** CPU time of processes, from Linux's `/proc`. */
import { existsSync, readdirSync, readFileSync } from "node:fs"

const fieldsOf = (pid: string): ReadonlyArray<string> => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? []
  } catch {
    return [] // it has ended
  }
}

const family = (root: number) =>
  (existsSync("/proc") ? readdirSync("/proc") : [])
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), fields: fieldsOf(pid) }))
    .filter(({ fields, pid }) => pid === root || Number(fields[1]) === root)

/** A process and its children. */
export const processesOf = (root: number): ReadonlyArray<number> => family(root).map(({ pid }) => pid)

/**
 * CPU time of a process, its children, and its children that have ended, in microseconds (in steps of 10,000). 0 if the
 * system does not report it.
 */
export const cpuOfTree = (root: number): number =>
  family(root)
    .flatMap(({ fields, pid }) => (pid === root ? fields.slice(11, 15) : fields.slice(11, 13)))
    .reduce((sum, each) => sum + Number(each), 0) * 10_000
