/** Processes that have just started, a new one for each round: the first read, and the reads of the first second. */
import { readFileSync } from "node:fs"
import type { Comparison } from "../comparisons.ts"
import { cookiesOf } from "../cookies.ts"
import { measure } from "../load.ts"
import { type RunningServer, startKind } from "../servers.ts"
import { client } from "./clients.ts"
import { ordersOfRounds, type Run, type Sample } from "./findings.ts"
import { hotSessions } from "./throughput.ts"

type Figure = Extract<Comparison["measure"], { kind: "cold" }>["figure"]
type Samples = Readonly<Record<Figure, Sample>>

const onServer = async <A>(name: string, { store }: Run, use: (server: RunningServer) => Promise<A>): Promise<A> => {
  const server = await startKind(name, store.url)
  if (typeof server === "string") throw new Error(server)
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

/** Measures the rows of cold processes. */
export const measureCold = async (comparisons: ReadonlyArray<Comparison>, run: Run): Promise<void> => {
  const rows = comparisons.flatMap((row) => (row.measure.kind === "cold" ? [{ row, figure: row.measure.figure }] : []))
  const failures = new Map<string, string>()
  const samples = new Map<string, Array<Samples>>()
  const cookies = new Map<string, string>()
  const attempt = async (name: string, what: () => Promise<unknown>) => {
    if (!failures.has(name)) await what().catch((error: unknown) => failures.set(name, String(error)))
  }
  const names = [...new Set(rows.flatMap(({ row }) => [row.ours, row.theirs]))]
  if (names.length > 0) await run.store.vacuum()
  for (const name of names)
    await attempt(name, async () => {
      // Sessions outlive the process that made them.
      cookies.set(name, await onServer(name, run, (server) => cookiesOf(server, hotSessions, run.store.file)))
      samples.set(name, [])
    })
  for (const order of ordersOfRounds(names, run.rounds))
    for (const name of order)
      await attempt(name, () =>
        onServer(
          name,
          run,
          async (server) => void samples.get(name)?.push(await coldReads(server, cookies.get(name) ?? ""))
        )
      )
  for (const { figure, row } of rows) {
    const why = failures.get(row.ours) ?? failures.get(row.theirs)
    const of = (name: string) => (samples.get(name) ?? []).map((each) => each[figure])
    if (why !== undefined) run.leftOut(row, why)
    else run.found({ comparison: row, ours: of(row.ours), theirs: of(row.theirs) })
  }
}

const coldReads = async (server: RunningServer, lines: string): Promise<Samples> => {
  const target = `${server.prefix}/me`
  const [cookie] = readFileSync(lines, "utf8").split("\n")
  const { close, send } = client(server.port, 1)
  const first = await send(target, /"user\d/, { cookie })
  close()
  const { cpu, perSecond } = measure(server, { lines, order: "random", target }, 1)
  return { "first-read": { value: first }, "first-second": { value: perSecond, cpu } }
}
