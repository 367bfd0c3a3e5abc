/** On which processor cores processes run. Without Linux's `taskset`, or on one core, they run where they like. */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"

/** The server has the first core for itself, the load and PostgreSQL have the second. */
export const cores = { server: "0", load: "1", all: "0,1" } as const
export type Cores = (typeof cores)[keyof typeof cores]

const pins = existsSync("/usr/bin/taskset") && availableParallelism() > 1

/** A command whose process, with all its threads and children, runs on these cores only. */
export const onCores = (on: Cores, command: string, args: ReadonlyArray<string>): [string, ReadonlyArray<string>] =>
  pins ? ["taskset", ["-c", on, command, ...args]] : [command, args]

/** Moves running processes to these cores, and with them the children that they start later. */
export const moveTo = (on: Cores, pids: ReadonlyArray<number>): void => {
  if (!pins) return
  for (const pid of pids)
    try {
      execFileSync("taskset", ["-a", "-p", "-c", on, String(pid)], { stdio: "ignore" })
    } catch {
      // The process has ended since it was listed.
    }
}
