/** Keeps what was measured in `results/growth.json`, and makes a table and charts of it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { type colours, lineChart } from "../chart.ts"
import { markdownTable } from "../report/markdown-table.ts"
import { type Growth as Change, flatness, growthInRedis, growthOf, limit, verdictText } from "./growth-verdicts.ts"
import type { InFlightResult } from "./in-flight.ts"
import type { WritersResult } from "./parallel-writers.ts"
import type { ClearResult, Cost, SizeResult } from "./postgres-growth.ts"
import type { RedisResult } from "./redis-growth.ts"

interface Growth {
  readonly sizes: ReadonlyArray<SizeResult>
  readonly cleared: ClearResult | undefined
  readonly redis: ReadonlyArray<RedisResult>
  /** The smallest sizes, measured a second time. */
  readonly again?: { readonly postgres: SizeResult | undefined; readonly redis: RedisResult | undefined }
  readonly inFlight: InFlightResult
  readonly writers?: ReadonlyArray<WritersResult>
}

const folder = fileURLToPath(new URL("../results/", import.meta.url))
const pages = ["read", "login", "logout"] as const
const short = (value: number) => Number(value.toPrecision(3))
/** CPU time of application and PostgreSQL. */
export const total = ({ application, database }: Cost) => application + database
const count = (sessions: number) => sessions.toLocaleString("en")

export interface Run extends Growth {
  readonly date: string
  readonly version: string
  readonly machine: string
  readonly command: string
}

const file = `${folder}growth.json`

export const readGrowth = (): ReadonlyArray<Run> => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [])

/** Adds a run to those that are kept. @param replace removes the others of this version */
export const keepGrowth = (growth: Growth, replace: boolean): void => {
  mkdirSync(folder, { recursive: true })
  const version: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version
  const entry: Run = {
    date: new Date().toISOString().slice(0, 10),
    version,
    machine: `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.versions.node}`,
    command: ["npm run bench:growth --", ...process.argv.slice(2)].join(" "),
    ...growth
  }
  const others = readGrowth().filter((run) => !replace || run.version !== version)
  writeFileSync(file, `${JSON.stringify([...others, entry], undefined, 2)}\n`)
}

interface Chart {
  readonly name: string
  readonly title: string
  readonly draw: (scheme: keyof typeof colours) => string
}

/** The charts of each run: runs cannot be compared with each other. A chart needs two points at least. */
export const growthCharts = (runs: ReadonlyArray<Run>): ReadonlyArray<ReadonlyArray<Chart>> =>
  runs.map(({ cleared, redis, sizes }, at) => {
    const chart = (name: string, title: string, lines: Parameters<typeof lineChart>[1], axis?: "tenths"): Chart => ({
      name: `growth-${at + 1}-${name}`,
      title,
      draw: (scheme) => lineChart(title, lines, scheme, axis)
    })
    const lines = (value: (cost: Cost) => number) =>
      pages.map((page) => ({ name: page, points: sizes.map((of) => [of.sessions, value(of[page])] as const) }))
    const read = (quantile: "p50" | "p99") => ({
      name: quantile,
      points: redis.map((of) => [of.sessions, of[quantile]] as const)
    })
    return [
      ...(sizes.length < 2
        ? []
        : [
            chart("cpu", "CPU time of a request, application and PostgreSQL, in microseconds", lines(total)),
            chart(
              "p50",
              "PostgreSQL: median wait in milliseconds",
              lines(({ p50 }) => p50)
            ),
            chart(
              "p99",
              "PostgreSQL: 99 % of the requests wait at most so many milliseconds",
              lines(({ p99 }) => p99)
            )
          ]),
      ...(cleared === undefined
        ? []
        : [
            chart(
              "clear",
              `clearSessions of ${count(cleared.removed)} expired rows: seconds of each tenth`,
              [{ name: "tenths", points: cleared.tenths.map((seconds, tenth) => [tenth + 1, seconds] as const) }],
              "tenths"
            )
          ]),
      ...(redis.length < 2 ? [] : [chart("redis", "Redis: wait of a read in milliseconds", [read("p50"), read("p99")])])
    ]
  })

/** The files in `results/` that are made of the runs, by name. */
export const growthFiles = (runs: ReadonlyArray<Run>): ReadonlyMap<string, string> =>
  new Map([
    ["growth.md", runs.map(table).join("\n")],
    ...growthCharts(runs)
      .flat()
      .flatMap(({ draw, name }) =>
        (["light", "dark"] as const).map((scheme) => [`${name}-${scheme}.svg`, draw(scheme)] as const)
      )
  ])

/** When, on what and how a run was measured. */
export const growthMeasuredOn = ({ command, date, machine }: Run): string =>
  `Measured on ${date}, ${machine}: \`${command}\`.`

/** The cells of a row that compare it with the smallest size. */
const changeCells = (change: Change | undefined, isFirst: boolean): ReadonlyArray<string> =>
  change === undefined || isFirst
    ? ["", "", "", ""]
    : [...[change.times.cpu, change.times.p50, change.times.p99].map((value) => value.toFixed(2)), verdictText(change)]
const changeHead = ["CPU, to the smallest", "p50", "p99", `within ${limit} times`]

const table = (run: Run): string => {
  const { again, cleared, inFlight, redis, sizes, writers } = run
  const [first] = sizes
  const rows = pages.flatMap((page) =>
    [...sizes, ...(again?.postgres === undefined ? [] : [again.postgres])].map((size, at) => {
      const { [page]: cost, sessions } = size
      const change = first && growthOf(first[page], cost, page, sessions)
      return [
        page,
        count(sessions) + (at === sizes.length ? ", again" : ""),
        ...[cost.p50, cost.p99, cost.application, cost.database].map((value) => String(short(value))),
        ...changeCells(change, at === 0)
      ]
    })
  )
  const redisRows = [...redis, ...(again?.redis === undefined ? [] : [again.redis])].map((result, at) => [
    count(result.sessions) + (at === redis.length ? ", again" : ""),
    result.read,
    result.insert,
    result.remove,
    String(short(result.p50)),
    String(short(result.p99)),
    String(result.bytesPerSession),
    ...changeCells(redis[0] && growthInRedis(redis[0], result), at === 0)
  ])
  const removal =
    cleared === undefined
      ? []
      : [
          `\`clearExpired\` removed ${count(cleared.removed)} rows in ${cleared.seconds.toFixed(0)} s, the tenths in ${cleared.tenths.map((each) => each.toFixed(1)).join(", ")} s. Reads beside it: median ${short(cleared.during.p50)} ms instead of ${short(cleared.before.p50)}, 99th percentile ${short(cleared.during.p99)} ms instead of ${short(cleared.before.p99)}.`,
          ""
        ]
  return [
    growthMeasuredOn(run),
    "",
    flatness([run]),
    "",
    markdownTable(
      ["request", "sessions in PostgreSQL", "p50 ms", "p99 ms", "application µs", "PostgreSQL µs", ...changeHead],
      rows
    ),
    "",
    ...removal,
    markdownTable(
      [
        "sessions in Redis",
        "read µs, store + Redis",
        "insert",
        "delete",
        "read p50 ms",
        "p99 ms",
        "bytes a session",
        ...changeHead
      ],
      redisRows
    ),
    "",
    `A request that waits inside its handler after \`getUser\` holds ${short(inFlight.latchkey)} kB, on a bare Node server ${short(inFlight.bare)} kB.`,
    "",
    ...(writers === undefined ? [] : [writersTable(writers), ""])
  ].join("\n")
}

/** The statements of requests that write one session at the same time. */
export const writersTable = (writers: ReadonlyArray<WritersResult>): string => {
  const counts = [...new Set(writers.map((each) => each.writers))]
  const processes = [...new Set(writers.map((each) => each.processes))]
  const cell = (one: number, of: number) => {
    const found = writers.find((each) => each.writers === one && each.processes === of)
    return found === undefined ? "" : `${found.statements} (${short(found.statements / one)} each)`
  }
  return markdownTable(
    ["requests that write one session at the same time", ...counts.map(String)],
    processes.map((of) => [
      `statements, ${of === 1 ? "one process" : `${of} processes`}`,
      ...counts.map((one) => cell(one, of))
    ])
  )
}
