/** One, two and four server processes on one PostgreSQL. They, PostgreSQL and the load share all cores. */
import type { Comparison } from "../comparisons.ts"
import { cookiesOf } from "../cookies.ts"
import { cores } from "../cores.ts"
import { measureTogether, type Server } from "../load.ts"
import { startKind } from "../servers.ts"
import { type Run, type Sample, turns } from "./findings.ts"
import { hotSessions } from "./throughput.ts"

const seconds = 2

/** Measures the rows of several processes. */
export const measureProcesses = async (comparisons: ReadonlyArray<Comparison>, run: Run): Promise<void> => {
  const rows = comparisons.flatMap((row) =>
    row.measure.kind === "processes" ? [{ row, count: row.measure.count }] : []
  )
  if (rows.length === 0) return
  const { found, leftOut, rounds, store } = run
  const counts = [1, ...rows.map(({ count }) => count)]
  const servers: Array<Server> = []
  store.moveTo(cores.all)
  await store.vacuum()
  try {
    let lines = ""
    while (servers.length < Math.max(...counts)) {
      const server = await startKind("latchkey-node", store.url, cores.all)
      if (typeof server === "string") throw new Error(server)
      servers.push(server)
      if (lines === "") lines = await cookiesOf(server, hotSessions, store.file)
    }
    const turn = async (count: number): Promise<Sample> => {
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
    await turn(servers.length)
    const samples = new Map<number, Array<Sample>>(counts.map((count) => [count, []]))
    for (const order of turns(counts, rounds)) for (const count of order) samples.get(count)?.push(await turn(count))
    for (const { count, row } of rows)
      found({ comparison: row, ours: samples.get(count) ?? [], theirs: samples.get(1) ?? [] })
  } catch (error) {
    for (const { row } of rows) leftOut(row, String(error))
  } finally {
    for (const server of servers) server.stop()
    store.moveTo(cores.load)
  }
}
