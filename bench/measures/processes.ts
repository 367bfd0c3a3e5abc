/**
 * One, two and four server processes on one PostgreSQL, of latchkey and of the bare server. They, PostgreSQL and the load
 * share all cores.
 */
import type { Comparison } from "../comparisons.ts"
import { cookiesOf } from "../cookies.ts"
import { cores } from "../cores.ts"
import { measureTogether } from "../load.ts"
import { type RunningServer, startKind } from "../servers.ts"
import { ordersOfRounds, type Run, type Sample } from "./findings.ts"
import { hotSessions } from "./throughput.ts"

const seconds = 2
const ours = "latchkey-node"

interface Side {
  readonly server: string
  readonly count: number
}
const nameOf = ({ count, server }: Side) => `${count} ${server}`

/** Measures the rows of several processes. */
export const measureProcesses = async (comparisons: ReadonlyArray<Comparison>, run: Run): Promise<void> => {
  const rows = comparisons.flatMap((row) => {
    if (row.measure.kind !== "processes") return []
    const { beside, count } = row.measure
    const other: Side = beside === "one" ? { server: ours, count: 1 } : { server: beside, count }
    return [{ row, ours: { server: ours, count }, theirs: other }]
  })
  if (rows.length === 0) return
  const { found, leftOut, rounds, store } = run
  const sides = [...new Map(rows.flatMap((row) => [row.ours, row.theirs]).map((side) => [nameOf(side), side])).values()]
  const started = new Map<string, { readonly servers: Array<RunningServer>; readonly lines: string }>()
  store.moveTo(cores.all)
  await store.vacuum()
  try {
    for (const [server, of] of Map.groupBy(sides, (side) => side.server)) {
      const servers: Array<RunningServer> = []
      started.set(server, { servers, lines: "" })
      while (servers.length < Math.max(...of.map(({ count }) => count))) {
        const process = await startKind(server, store.url, { on: cores.all })
        if (typeof process === "string") throw new Error(process)
        servers.push(process)
      }
      const [first] = servers
      if (first !== undefined) started.set(server, { servers, lines: await cookiesOf(first, hotSessions, store.file) })
    }
    const turn = async ({ count, server }: Side): Promise<Sample> => {
      const { lines = "", servers = [] } = started.get(server) ?? {}
      const before = store.cpu()
      const requests = { lines, order: "random", target: "/me" } as const
      const each = await measureTogether(servers.slice(0, count), requests, seconds)
      const sum = (of: (round: (typeof each)[number]) => number) => each.reduce((total, round) => total + of(round), 0)
      const requested = sum((round) => round.count)
      return {
        value: sum((round) => round.perSecond),
        cpu: sum((round) => round.cpu * round.count) / requested,
        database: (store.cpu() - before) / requested
      }
    }
    for (const [server, { servers }] of started) await turn({ server, count: servers.length })
    const samples = new Map(sides.map((side): [string, Array<Sample>] => [nameOf(side), []]))
    for (const order of ordersOfRounds(sides, rounds))
      for (const side of order) samples.get(nameOf(side))?.push(await turn(side))
    const of = (side: Side) => samples.get(nameOf(side)) ?? []
    for (const { ours, row, theirs } of rows) found({ comparison: row, ours: of(ours), theirs: of(theirs) })
  } catch (error) {
    for (const { row } of rows) leftOut(row, String(error))
  } finally {
    for (const { servers } of started.values()) for (const server of servers) await server.stop()
    store.moveTo(cores.load)
  }
}
