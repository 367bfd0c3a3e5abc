/** One round of load: `wrk` on one core, the server on another. */
import { execFile, execFileSync, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { mortal } from "../test/rig/unprivileged.ts"
import { type Cores, cores, onCores } from "./cores.ts"
import { cpuOfTree } from "./cpu-time.ts"

export interface Server {
  readonly pid: number
  readonly port: number
  readonly stop: () => void
}

const startSeconds = 180 // Next.js builds its application first

/**
 * Starts a server.
 *
 * @param command a program and its arguments. It prints `listening …` with its port as the last number of the line
 */
export const startServer = async (
  command: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>,
  cwd?: string,
  on: Cores = cores.server
): Promise<Server> => {
  const [program = "", ...args] = command
  // It ends with this process, also when this one is killed or fails, and also while it is stopped.
  const child = spawn(...mortal("KILL", ...onCores(on, program, args)), {
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
    const fail = (what: string) => reject(new Error(`${command.join(" ")} ${what}: ${said}`))
    const late = setTimeout(() => {
      stop()
      fail(`did not listen within ${startSeconds} s`)
    }, startSeconds * 1000)
    const read = (text: Buffer) => {
      said += text
      const found = /listening .*?(\d+)(?: \(\d+\))?$/im.exec(said)?.[1]
      if (found === undefined) return
      clearTimeout(late)
      child.stderr.off("data", read).pipe(process.stderr)
      child.stdout.off("data", read).resume()
      resolve(Number(found))
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.once("exit", () => {
      clearTimeout(late)
      fail("ended")
    })
  })
  return { pid: child.pid ?? 0, port, stop }
}

/** What a round requests. */
export interface Requests {
  /** A file whose lines are what `each` says; see `lines.lua`. */
  readonly lines: string
  readonly order: "random" | "in turn"
  /** A path; `undefined` when the lines are paths. */
  readonly target: string | undefined
  /** Default: the lines are Cookie headers, or without a `target` paths. */
  readonly each?: "body" | undefined
  /** The body of a POST of JSON. Without it, and without `each`, requests are GETs. */
  readonly body?: string | undefined
}

export interface Round {
  readonly perSecond: number
  readonly count: number
  /** CPU time of the server and its children per request, in microseconds. */
  readonly cpu: number
}

const script = fileURLToPath(new URL("lines.lua", import.meta.url))

/** How `wrk` sends requests. */
interface Sending {
  readonly connections: number
  readonly seconds: number
  /** An answer that takes longer is a failure. In seconds. */
  readonly patience?: number
}

export const wrkArguments = (
  { port }: Server,
  { body, each, lines, order, target }: Requests,
  { connections, patience = 2, seconds }: Sending
) => {
  const kind = each ?? (target === undefined ? "target" : "cookie")
  const requests = [lines, order, kind, target ?? "/", ...(body === undefined ? [] : [body])]
  const load = [`-c${connections}`, `-d${seconds}s`, "-s", script, `http://127.0.0.1:${port}/`]
  return ["-t1", "--timeout", `${patience}s`, ...load, "--", ...requests]
}

/**
 * @param report what `wrk` prints
 * @param cpu CPU time of the server for all requests, in microseconds
 * @returns the round, or how it failed
 */
export const roundOf = (report: string, requests: Requests, cpu: number): Round | string => {
  if (/Non-2xx|Socket errors/.test(report)) return `${requests.target ?? requests.lines}: ${report}`
  const count = Number(/(\d+) requests in/.exec(report)?.[1])
  if (!(count > 0)) return `${requests.target ?? requests.lines}: no request was answered: ${report}`
  return { count, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1]), cpu: cpu / count }
}

const orThrow = (round: Round | string): Round => {
  if (typeof round === "string") throw new Error(round)
  return round
}

/** It never takes much longer than the load: a server that answers nothing must not hold up the other rows. */
const options = (seconds: number) => ({ encoding: "utf8", timeout: (seconds + 30) * 1000 }) as const

/** Sends requests over 16 connections for so many seconds. Throws if any of them failed. */
export const measure = (server: Server, requests: Requests, seconds: number): Round => {
  const before = cpuOfTree(server.pid)
  const report = execFileSync(
    ...onCores(cores.load, "wrk", wrkArguments(server, requests, { seconds, connections: 16 })),
    options(seconds)
  )
  return orThrow(roundOf(report, requests, cpuOfTree(server.pid) - before))
}

/** The same on several servers at the same time, on any core. The 16 connections are divided among the servers. */
export const measureTogether = async (
  servers: ReadonlyArray<Server>,
  requests: Requests,
  seconds: number
): Promise<ReadonlyArray<Round>> => {
  const connections = 16 / servers.length
  return Promise.all(
    servers.map(async (server) => {
      const before = cpuOfTree(server.pid)
      const command = onCores(cores.all, "wrk", wrkArguments(server, requests, { seconds, connections }))
      const { stdout } = await promisify(execFile)(...command, options(seconds))
      return orThrow(roundOf(stdout, requests, cpuOfTree(server.pid) - before))
    })
  )
}
