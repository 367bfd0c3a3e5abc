/** CPU time of processes, from Linux's `/proc`. */
import { readdirSync, readFileSync } from "node:fs"

/** The text of a file, or an empty one: the process may have ended. */
const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
const list = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The fields of `/proc/<pid>/stat` after the name of the program. */
const fieldsOf = (pid: string | number): ReadonlyArray<string> =>
  read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? []

const tasksOf = (pid: number): ReadonlyArray<string> =>
  list(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`)

/** A process and all that it has started, directly or not. Only this process if the system does not list them. */
export const processesOf = (root: number): ReadonlyArray<number> => [
  root,
  ...tasksOf(root).flatMap((task) =>
    read(`${task}/children`).split(" ").filter(Boolean).map(Number).flatMap(processesOf)
  )
]

/** CPU time of the threads that processes have now, in microseconds. 0 if the system does not report it. */
export const cpuOf = (pids: ReadonlyArray<number>): number =>
  pids
    .flatMap((pid) => tasksOf(pid).map((task) => read(`${task}/schedstat`)))
    .reduce((sum, schedule) => sum + Number(schedule.split(" ", 1)[0]) / 1000, 0)

/** CPU time of a process, of all that it has started, and of its children that have ended, in microseconds. */
export const cpuOfTree = (root: number): number => {
  // Those that have ended are counted in steps of 10,000.
  const [inUser = 0, inSystem = 0] = fieldsOf(root).slice(13, 15).map(Number)
  return cpuOf(processesOf(root)) + (inUser + inSystem) * 10_000
}
