/** One round of load: `wrk` on one core, the server on another. */
import { execFileSync, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { mortal } from "../test/rig/unprivileged.ts"

/** Linux's command to keep a process on some cores; without it, or on one core, processes run where they like. */
const pinned = existsSync("/usr/bin/taskset") && availableParallelism() > 1
const onCore = (core: number, command: string, args: ReadonlyArray<string>): [string, ReadonlyArray<string>] =>
  pinned ? ["taskset", ["-c", String(core), command, ...args]] : [command, args]

export interface Server {
  readonly pid: number
  readonly port: number
  readonly stop: () => void
}

/**
 * Starts a server.
 *
 * @param command a program and its arguments. It prints `listening …` with its port as the last number of the line
 */
export const startServer = async (
  command: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>,
  cwd?: string
): Promise<Server> => {
  const [program = "", ...args] = command
  // It ends with this process, also when this one is killed or fails.
  const child = spawn(...mortal("INT", ...onCore(0, program, args)), {
    env: { ...process.env, ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"]
  })
  const stop = () => {
    child.removeAllListeners("exit")
    child.kill("SIGKILL")
  }
  const port = await new Promise<number>((resolve, reject) => {
    let said = ""
    const read = (text: Buffer) => {
      said += text
      const found = /listening .*?(\d+)(?: \(\d+\))?$/im.exec(said)?.[1]
      if (found === undefined) return
      child.stderr.off("data", read).pipe(process.stderr)
      child.stdout.off("data", read).resume()
      resolve(Number(found))
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.once("exit", () => reject(new Error(`${command.join(" ")} ended: ${said}`)))
  })
  return { pid: child.pid ?? 0, port, stop }
}

/** What a round requests. */
export interface Requests {
  /** A path, or `undefined` when the lines are paths. */
  readonly target: string | undefined
  /** A file whose lines are Cookie headers or targets; see `lines.lua`. */
  readonly lines: string
  readonly order: "random" | "in turn"
}

export interface Round {
  readonly perSecond: number
  readonly count: number
  /** CPU time of the server process per request, in microseconds; `NaN` if the system does not report it. */
  readonly cpu: number
}

const script = fileURLToPath(new URL("lines.lua", import.meta.url))

/** Sends requests over 16 connections for so many seconds. Throws if any of them failed. */
export const measure = (server: Server, { lines, order, target }: Requests, seconds: number): Round => {
  const before = cpuOf(server.pid)
  const wrk = ["-t1", "-c16", `-d${seconds}s`, "-s", script, `http://127.0.0.1:${server.port}/`, "--", lines, order]
  const [program, args] = onCore(1, "wrk", target === undefined ? wrk : [...wrk, target])
  const report = execFileSync(program, args, { encoding: "utf8" })
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(`${target ?? lines}: ${report}`)
  const count = Number(/(\d+) requests in/.exec(report)?.[1])
  return {
    count,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1]),
    cpu: (cpuOf(server.pid) - before) / count
  }
}

/** CPU time of a process so far, in microseconds: fields 14 and 15 of Linux's `/proc/…/stat`, in 1/100 seconds. */
const cpuOf = (pid: number): number => {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return Number.NaN
  const fields = readFileSync(file, "utf8").split(") ").at(-1)?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
