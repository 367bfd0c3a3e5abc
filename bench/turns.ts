/**
 * Several servers under load, one at a time: each has clients of its own, and runs for 50 ms while the others are
 * stopped (SIGSTOP). What else the machine does changes from second to second, so it hits all of them alike.
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { cores, onCores } from "./cores.ts"
import { cpuOf, processesOf } from "./cpu-time.ts"
import { type Requests, type Round, roundOf, type Server, wrk } from "./load.ts"

const turn = 50 // milliseconds
const connections = 16

export interface Load {
  readonly server: Server
  readonly requests: Requests
}

/** What one server did in its turns. */
export interface TakenTurns extends Round {
  /** CPU time, while the server ran, of the processes that all servers share, in microseconds per request. */
  readonly shared: number
}

/**
 * @param seconds how long each server runs, in all its turns together
 * @param shared processes that all servers use, such as PostgreSQL's
 * @returns for each load what its server did, or how it failed
 */
export const takeTurns = async (
  loads: ReadonlyArray<Load>,
  seconds: number,
  shared: ReadonlyArray<number>
): Promise<ReadonlyArray<TakenTurns | string>> => {
  const sides = loads.map(({ requests, server }) => {
    const pids = processesOf(server.pid)
    const signal = (name: NodeJS.Signals) => {
      for (const pid of pids) process.kill(pid, name)
    }
    return { pids, port: server.port, requests, server, signal, before: cpuOf(pids), ran: 0, shared: 0 }
  })
  for (const { signal } of sides) signal("SIGSTOP")
  const clients = sides.map(({ requests, server }) => {
    // Ended below. If that fails, it ends by itself.
    const args = wrk(server, requests, 60 + 10 * seconds * loads.length, connections)
    return start(...onCores(cores.load, "wrk", args))
  })
  try {
    for (const { port } of sides) await connected(port)
    for (let taken = 0; taken < (seconds * 1000) / turn; taken++)
      for (const side of taken % 2 === 0 ? sides : sides.toReversed()) {
        const [since, before] = [performance.now(), cpuOf(shared)]
        side.signal("SIGCONT")
        await sleep(turn)
        side.signal("SIGSTOP")
        side.ran += performance.now() - since
        side.shared += cpuOf(shared) - before
      }
    for (const { end } of clients) end()
    const reports = await Promise.all(clients.map(({ report }) => report))
    return sides.map(({ before, pids, ran, requests, shared }, at) => {
      const round = roundOf(reports[at] ?? "", requests, cpuOf(pids) - before)
      if (typeof round === "string") return round
      return { ...round, perSecond: (1000 * round.count) / ran, shared: shared / round.count }
    })
  } finally {
    for (const { end } of clients) end()
    for (const { signal } of sides) signal("SIGCONT")
  }
}

/** `wrk` prints its report also when SIGINT ends it. */
const start = (program: string, args: ReadonlyArray<string>) => {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] })
  const report = new Promise<string>((resolve, reject) => {
    let printed = ""
    child.stdout.on("data", (text: Buffer) => {
      printed += text
    })
    child.once("error", reject)
    child.once("close", () => resolve(printed))
  })
  return { report, end: () => child.kill("SIGINT") }
}

/** Waits until the clients of a stopped server are connected: their connections wait to be accepted. */
const connected = async (port: number): Promise<void> => {
  const until = performance.now() + 10_000
  while (waiting(port) < connections) {
    if (performance.now() > until) throw new Error(`the clients of port ${port} did not connect`)
    await sleep(5)
  }
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
