/**
 * Several servers under load, one at a time: each has clients of its own, and runs for 50 ms while the others are
 * stopped (SIGSTOP). What else the machine does changes from second to second, so it hits all of them alike.
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { mortal } from "../test/rig/unprivileged.ts"
import { cores, onCores } from "./cores.ts"
import { cpuOf, processesOf } from "./cpu-time.ts"
import { type Requests, type Round, roundOf, type Server, wrkArguments } from "./load.ts"

const turn = 50 // milliseconds
const connections = 16
/** A client waits while its server is stopped. */
const patience = 60 // seconds

export interface Load {
  readonly server: Server
  readonly requests: Requests
}

/** What one server did in its turns. */
export interface ServerTurns extends Round {
  /** CPU time of what all servers share while this one ran, in microseconds per request. */
  readonly shared: number
}

/**
 * @param seconds how long each server runs, in all its turns together
 * @param sharedCpu CPU time so far of what all servers use, such as PostgreSQL, in microseconds
 * @returns for each load what its server did, or how it failed
 */
export const takeTurns = async (
  loads: ReadonlyArray<Load>,
  seconds: number,
  sharedCpu: () => number
): Promise<ReadonlyArray<ServerTurns | string>> => {
  const sides = loads.map(({ requests, server }) => {
    const pids = processesOf(server.pid)
    return { pids, port: server.port, requests, server, signal: signalTo(pids), before: 0, ran: 0, shared: 0 }
  })
  const stopAll = () => {
    for (const { signal } of sides) signal("SIGSTOP")
  }
  const continueAll = () => {
    for (const { signal } of sides) signal("SIGCONT")
  }
  process.once("exit", continueAll)
  stopAll()
  for (const side of sides) side.before = cpuOf(side.pids)
  const clients = sides.map(({ requests, server }) => {
    // Ended below. If that fails, it ends by itself.
    const load = { connections, seconds: patience + 10 * seconds * loads.length, patience }
    return start(...mortal("INT", ...onCores(cores.load, "wrk", wrkArguments(server, requests, load))))
  })
  try {
    await Promise.all(sides.map(({ port }) => connected(port)))
    for (let taken = 0; taken < (seconds * 1000) / turn; taken++)
      for (const side of taken % 2 === 0 ? sides : sides.toReversed()) {
        const before = sharedCpu()
        side.signal("SIGCONT")
        const since = performance.now()
        await sleep(turn)
        side.signal("SIGSTOP")
        side.ran += performance.now() - since
        side.shared += sharedCpu() - before
      }
    for (const { end } of clients) end()
    const reports = await Promise.all(clients.map(({ report }) => report))
    return sides.map(({ before, pids, ran, requests, server, shared }, at) => {
      const round = roundOf(reports[at] ?? "", requests, cpuOf(pids) - before)
      if (typeof round === "string") return round
      if (String(processesOf(server.pid)) !== String(pids)) return "the server has started or ended processes"
      return { ...round, perSecond: (1000 * round.count) / ran, shared: shared / round.count }
    })
  } finally {
    for (const { end } of clients) end()
    continueAll()
    process.removeListener("exit", continueAll)
  }
}

/** Sends signals to processes; to one that has ended, none. */
const signalTo =
  (pids: ReadonlyArray<number>) =>
  (signal: NodeJS.Signals): void => {
    for (const pid of pids)
      try {
        process.kill(pid, signal)
      } catch {
        // The report of its clients says that it has ended.
      }
  }

/** `wrk` prints its report also when SIGINT ends it. */
const start = (program: string, args: ReadonlyArray<string>) => {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] })
  const report = new Promise<string>((resolve) => {
    let printed = ""
    child.stdout.on("data", (text: Buffer) => {
      printed += text
    })
    child.once("error", (error) => resolve(String(error)))
    child.once("close", () => resolve(printed))
  })
  return { report, end: () => child.kill("SIGINT") }
}

/** Waits until the clients of a stopped server are connected: their connections wait to be accepted. */
const connected = async (port: number): Promise<void> => {
  const until = performance.now() + 10_000
  // If they do not connect, their report says why.
  while (waiting(port) < connections && performance.now() < until) await sleep(5)
}

/** How many connections to this port wait to be accepted: in `/proc/net/tcp`, the receive queue of a listening socket. */
const waiting = (port: number): number => {
  const hex = port.toString(16).toUpperCase().padStart(4, "0")
  const listening = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, local = "", , state]) => local.endsWith(`:${hex}`) && state === "0A")
  return Number.parseInt(listening?.[4]?.split(":")[1] ?? "0", 16)
}
