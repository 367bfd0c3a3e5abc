/** Writes what was measured into `results/`: numbers, a table, and charts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { lineChart } from "../chart.ts"
import type { InFlightResult } from "./in-flight.ts"
import type { ClearResult, Cost, SizeResult } from "./postgres-growth.ts"
import type { RedisResult } from "./redis-growth.ts"

interface Growth {
  readonly sizes: ReadonlyArray<SizeResult>
  readonly cleared: ClearResult | undefined
  readonly redis: ReadonlyArray<RedisResult>
  readonly inFlight: InFlightResult
}

const folder = fileURLToPath(new URL("../results/", import.meta.url))
const pages = ["read", "login", "logout"] as const
const short = (value: number) => Number(value.toPrecision(3))
const total = ({ application, database }: Cost) => application + database
const count = (sessions: number) => sessions.toLocaleString("en")

interface Run extends Growth {
  readonly date: string
  readonly version: string
  readonly machine: string
  readonly command: string
}

const file = `${folder}growth.json`

/** Runs cannot be compared with each other, so each has tables of its own. */
const keepRuns = (runs: ReadonlyArray<Run>): void => {
  writeFileSync(file, `${JSON.stringify(runs, undefined, 2)}\n`)
  writeFileSync(`${folder}growth.md`, runs.map(table).join("\n"))
}

/** Adds a run to those that are kept. */
export const keepGrowth = (growth: Growth): void => {
  mkdirSync(folder, { recursive: true })
  const version: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version
  const entry: Run = {
    date: new Date().toISOString().slice(0, 10),
    version,
    machine: `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.versions.node}`,
    command: ["npm run bench:growth --", ...process.argv.slice(2)].join(" "),
    ...growth
  }
  keepRuns([...(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []), entry])
  const lines = (value: (cost: Cost) => number) =>
    pages.map((page) => ({ name: page, points: growth.sizes.map((of) => [of.sessions, value(of[page])] as const) }))
  for (const scheme of ["light", "dark"] as const) {
    const cpu = "CPU time of a request, application and PostgreSQL, in microseconds"
    writeFileSync(`${folder}growth-cpu-${scheme}.svg`, lineChart(cpu, lines(total), scheme))
    writeFileSync(
      `${folder}growth-p50-${scheme}.svg`,
      lineChart(
        "Median wait in milliseconds",
        lines(({ p50 }) => p50),
        scheme
      )
    )
  }
}

const table = (run: Run): string => {
  const { cleared, inFlight, redis, sizes } = run
  const [first] = sizes
  const rows = pages.flatMap((page) =>
    sizes.map(({ [page]: cost, sessions }) => {
      const ratio = first === undefined ? Number.NaN : total(cost) / total(first[page])
      const cells = [page, count(sessions), ...[cost.p50, cost.p99, cost.application, cost.database, ratio].map(short)]
      return `| ${cells.join(" | ")} |`
    })
  )
  const removal =
    cleared === undefined
      ? []
      : [
          `\`clearExpired\` removed ${count(cleared.removed)} rows in ${cleared.seconds.toFixed(0)} s, the tenths in ${cleared.tenths.map((each) => each.toFixed(1)).join(", ")} s. Reads beside it: median ${short(cleared.during.p50)} ms instead of ${short(cleared.before.p50)}, 99th percentile ${short(cleared.during.p99)} ms instead of ${short(cleared.before.p99)}.`,
          ""
        ]
  return [
    `Measured on ${run.date}, ${run.machine}: \`${run.command}\`.`,
    "",
    "| request | sessions in PostgreSQL | p50 ms | p99 ms | application µs | PostgreSQL µs | CPU, to the smallest |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    "",
    ...removal,
    "| sessions in Redis | read µs, store + Redis | insert | delete | read p50 ms | p99 ms | bytes a session |",
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...redis.map(
      ({ bytesPerSession, insert, p50, p99, read, remove, sessions }) =>
        `| ${[count(sessions), read, insert, remove, short(p50), short(p99), bytesPerSession].join(" | ")} |`
    ),
    "",
    `A request that waits inside its handler after \`getUser\` holds ${short(inFlight.latchkey)} kB, on a bare Node server ${short(inFlight.bare)} kB.`,
    ""
  ].join("\n")
}
