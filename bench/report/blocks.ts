/**
 * What pages show of the saved results. A page says where:
 *
 * <!-- measured: frameworks -->
 * <!-- /measured -->
 *
 * `npm run bench:draw` writes the text between the two lines again, and a test compares it.
 */
import { readFileSync } from "node:fs"
import { relative } from "node:path"
import type { Comparison } from "../comparisons.ts"
import { coreMeasuredOn, readCore, requestsTable, slowTransitions } from "../core/core-results.ts"
import { growthCharts, growthMeasuredOn, readGrowth, writersTable } from "../growth/growth-results.ts"
import { clearing, growthOfCost, storage } from "../growth/growth-sentences.ts"
import { flatness } from "../growth/growth-verdicts.ts"
import type { Sample } from "../measures/findings.ts"
import { rareCollections, warmUpRequests } from "../servers.ts"
import { isReached } from "../statistics.ts"
import { arithmetic } from "./arithmetic.ts"
import { markdownTable } from "./markdown-table.ts"
import { isOlderPage, measuredOn, ratioText, type Shown } from "./saved-rows.ts"
import { figuresTable, frameworksTable, librariesTable, missedGoals, nameOf } from "./tables.ts"

/** Pages with such blocks. */
export const pagesWithResults = ["README.md", "docs/performance.md", "docs/scaling.md"]

const picture = (page: string, name: string, alternative: string): string => {
  const at = (scheme: string) => relative(page.includes("/") ? "docs" : ".", `bench/results/${name}-${scheme}.svg`)
  return [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${at("dark")}">`,
    `  <img alt="${alternative}" src="${at("light")}">`,
    "</picture>"
  ].join("\n")
}

const ofKind = (shown: ReadonlyArray<Shown>, ...kinds: ReadonlyArray<Comparison["measure"]["kind"]>) =>
  shown.filter(({ comparison }) => kinds.includes(comparison.measure.kind))

const times = (shown: ReadonlyArray<Shown>, name: string): string | undefined => {
  const row = shown.find(({ comparison }) => comparison.name === name)?.row
  return row === undefined ? undefined : ratioText(row)
}

/** A table of `results/start.md`, which has one of imports and one of sizes, and how it was measured. */
const startTable = (firstCell: string): string => {
  const text = readFileSync(new URL("../results/start.md", import.meta.url), "utf8")
  const [measured = "", ...tables] = text.split("\n\n")
  const table = tables.find((part) => part.startsWith(`| ${firstCell}`))
  if (table === undefined) throw new Error(`bench/results/start.md has no table of ${firstCell}`)
  return `${table.trim()}\n\n${measured}`
}

/** A table with its chart below it; only that nothing is measured, if it has no row. */
const withPicture = (table: string, chart: string): string => (table.startsWith("|") ? `${table}\n\n${chart}` : table)

/** Whether the import of `latchkey` reaches its goal. @param table of imports */
export const importGoal = (table: string): string => {
  const [cpu, memory] = (/^\| `latchkey` \| ([\d.]+) \| ([\d.]+) \|/m.exec(table) ?? []).slice(1).map(Number)
  if (cpu === undefined || memory === undefined) throw new Error("bench/results/start.md has no row of latchkey")
  const verdict = (is: boolean) => (is ? "reached" : "missed")
  return `The goal for \`latchkey\` is at most 80 ms (${verdict(cpu <= 80)}: ${cpu} ms) and at most 25 MB (${verdict(memory <= 25)}: ${memory} MB).`
}

const blocks: Readonly<Record<string, (shown: ReadonlyArray<Shown>, page: string) => string>> = {
  read: (shown, page) => {
    const beside = [
      ["bare-node", "a Node http server without latchkey that runs one prepared SQL join"],
      ["express-session", "express-session with Passport"],
      ["better-auth", "better-auth"],
      ["django", "Django"]
    ].flatMap(([theirs, words]) => {
      const ratio = times(shown, `me:latchkey-node:${theirs}`)
      return ratio === undefined ? [] : [`${ratio} times those of ${words}`]
    })
    if (beside.length === 0) return "Not measured yet."
    return [
      `The requests that a site on one core answers in a second, when it reads the user in each of them, are ${list(beside)}. In brackets are the lowest and the highest round. This was ${measuredOn(ofKind(shown, "page"))}. [How it was measured, and all rows](${page.includes("/") ? "" : "docs/"}performance.md#requests-a-second).`,
      "",
      picture(page, "read", "Requests a second of an authenticated read: latchkey's, divided by those of other servers")
    ].join("\n")
  },
  frameworks: (shown, page) =>
    withPicture(
      [frameworksTable(shown), missedGoals(shown)].filter((text) => text !== "").join("\n\n"),
      picture(
        page,
        "frameworks",
        "latchkey's requests a second on each framework, divided by those of the framework alone"
      )
    ),
  libraries: (shown, page) =>
    withPicture(
      librariesTable(shown),
      picture(page, "libraries", "latchkey's requests a second for each page, divided by those of other libraries")
    ),
  django: (shown) => {
    const versions = new Set(shown.flatMap(({ row }) => row.versions["Django"] ?? []))
    if (versions.size === 0) return "Not measured yet."
    return `Django is ${list([...versions].toSorted())}, under gunicorn with one process and 8 threads.`
  },
  growth: (_, page) => {
    const runs = readGrowth()
    return growthCharts(runs)
      .flatMap((charts, at) => [
        ...runs.slice(at, at + 1).map(growthMeasuredOn),
        ...charts.map(({ name, title }) => picture(page, name, title))
      ])
      .join("\n\n")
  },
  "growth-of-cost": () => [growthOfCost(readGrowth()), flatness(readGrowth())].join("\n\n"),
  storage: () => storage(readGrowth()),
  clearing: () => clearing(readGrowth()),
  writers: () => {
    const writers = readGrowth().findLast((run) => run.writers !== undefined)?.writers
    return writers === undefined ? "Not measured yet." : writersTable(writers)
  },
  arithmetic: (shown) => arithmetic(shown, readGrowth()),
  "cpu-of-reads": (shown) => {
    const row = (name: string) => shown.find(({ comparison }) => comparison.name === name)
    const [hot, random] = [row("me:latchkey-node:bare-node"), row("me-random:latchkey-node:bare-node")]
    if (hot === undefined || random === undefined) return "Not measured yet."
    const microseconds = (value: number | undefined) => `${whole(value)} µs`
    const cells = (title: string, side: Sample | undefined) => [
      title,
      microseconds(side?.cpu),
      microseconds(side?.database)
    ]
    return [
      markdownTable(
        ["a read of the user", "CPU time of the application", "of PostgreSQL"],
        [
          cells("1,000 sessions, read again and again", hot.row.ours),
          cells("100,000 sessions at random, written by latchkey", random.row.ours),
          cells("a bare Node server with one join, the same 100,000", random.row.theirs)
        ]
      ),
      "",
      `This was ${measuredOn([hot, random])}.`
    ].join("\n")
  },
  core: () => {
    const core = readCore()
    return core === undefined
      ? "Not measured yet."
      : [slowTransitions(core), "", requestsTable(core), "", coreMeasuredOn(core)].join("\n")
  },
  imports: () => {
    const table = startTable("import ")
    return [table, importGoal(table)].join("\n\n")
  },
  sizes: () => startTable("entry"),
  when: (shown) => {
    const rows = ofKind(shown, "page")
    return [`Requests a second were ${measuredOn(rows)}.`, ...(rows.length === 0 ? [] : [nodeOptions(rows)])].join(" ")
  },
  cold: (shown) => {
    const rows = ofKind(shown, "cold")
    if (rows.length === 0) return "Not measured yet."
    const titles = { "first-read": "first read", "first-second": "reads in the first second" }
    const titleOf = ({ measure }: Comparison) => (measure.kind === "cold" ? titles[measure.figure] : "")
    const table = figuresTable(
      ["latchkey", "the other"],
      rows.map((each) => {
        const { theirs, unit } = each.comparison
        return [`${titleOf(each.comparison)}${unit === "ms" ? ", ms" : ""}, beside ${nameOf(theirs)}`, each]
      })
    )
    return [table, "", peersAhead(rows, titleOf)].join("\n")
  },
  storm: (shown) => {
    const rows = ofKind(shown, "storm")
    if (rows.length === 0) return "Not measured yet."
    return figuresTable(
      ["during the storm", "beside"],
      rows.map((each) => [
        each.comparison.unit === "ms"
          ? "99 % of the reads are answered within, ms; beside a server without logins"
          : "hashes per second; beside `node:crypto` alone",
        each
      ])
    )
  },
  processes: (shown) => {
    const rows = ofKind(shown, "processes")
    if (rows.length === 0) return "Not measured yet."
    return [
      processesTable(rows),
      "",
      `This was ${measuredOn(rows)}. The processes, PostgreSQL and the load share these cores.`
    ].join("\n")
  },
  pgbouncer: (shown) =>
    setupTable(shown, "latchkey-pgbouncer", {
      "latchkey-node": "latchkey without PgBouncer",
      "bare-pgbouncer": "plain SQL through PgBouncer"
    }),
  partitions: (shown) => setupTable(shown, "latchkey-partitions", { "latchkey-node": "one table" }),
  "redis-cluster": (shown) => setupTable(shown, "latchkey-redis-cluster", { "latchkey-redis": "one Redis" })
}

/** Which other libraries are ahead, and in what. Plain SQL is no library, and has no goal here. */
const peersAhead = (rows: ReadonlyArray<Shown>, titleOf: (comparison: Comparison) => string): string => {
  const ahead = rows.filter(
    ({ comparison, row }) => comparison.goal !== undefined && !isReached(comparison, comparison.goal, row.ratio)
  )
  if (ahead.length === 0) return "The goal is that no other library is ahead: reached."
  const missed = Array.from(
    Map.groupBy(ahead, ({ comparison }) => titleOf(comparison)),
    ([title, of]) => {
      const names = of.map(({ comparison }) => nameOf(comparison.theirs))
      return `in the ${title} ${list(names)} ${names.length === 1 ? "is" : "are"} ahead of latchkey`
    }
  )
  return `The goal is that no other library is ahead. It is missed: ${list(missed)}.`
}
const list = (parts: ReadonlyArray<string>) => new Intl.ListFormat("en").format(parts)

/** The pages with one set-up of the stores, beside the same pages with another one. */
const setupTable = (shown: ReadonlyArray<Shown>, server: string, others: Readonly<Record<string, string>>): string => {
  const rows = shown.filter(({ comparison }) => comparison.ours === server)
  if (rows.length === 0) return "Not measured yet."
  const titles: Readonly<Record<string, string>> = { "/me": "authenticated read", "/write": "session write" }
  const cells = rows.map(({ comparison: { measure, theirs }, row }) => [
    `${measure.kind === "page" ? titles[measure.target] : ""}, beside ${others[theirs]}`,
    whole(row.ours?.value),
    whole(row.theirs?.value),
    ratioText(row),
    cpuText(row.ours),
    cpuText(row.theirs)
  ])
  const head = ["", "requests a second", "the other", "ratio", "CPU µs, application + store", "the other"]
  return [markdownTable(head, cells), "", `This was ${measuredOn(rows)}.`].join("\n")
}

const whole = (value: number | undefined): string => (value === undefined ? "" : Math.round(value).toLocaleString("en"))

/** CPU time of a request: of the application, and of the store. */
const cpuText = (side: Sample | undefined): string =>
  side === undefined ? "" : `${whole(side.cpu ?? 0)} + ${whole(side.database ?? 0)}`

const processesTable = (rows: ReadonlyArray<Shown>): string => {
  const find = (count: number, beside: "one" | "bare-node") =>
    rows.find(({ comparison: { measure } }) => {
      return measure.kind === "processes" && measure.count === count && measure.beside === beside
    })?.row
  const besideOne = rows.find(
    ({ comparison: { measure } }) => measure.kind === "processes" && measure.beside === "one"
  )?.row
  const counts = rows.flatMap(({ comparison: { measure } }) => (measure.kind === "processes" ? [measure.count] : []))
  const cells = [...new Set([1, ...counts])]
    .toSorted((a, b) => a - b)
    .flatMap((count) => {
      const [one, bare] = [find(count, "one"), find(count, "bare-node")]
      const own = bare?.ours ?? one?.ours ?? (count === 1 ? besideOne?.theirs : undefined)
      if (own === undefined) return []
      const beside = count === 1 ? "1" : one === undefined ? "" : ratioText(one)
      const ratio = bare === undefined ? "" : ratioText(bare)
      return [
        [
          String(count),
          whole(own.value),
          beside,
          cpuText(own),
          whole(bare?.theirs?.value),
          ratio,
          cpuText(bare?.theirs)
        ]
      ]
    })
  const cpu = "CPU µs, application + PostgreSQL"
  return markdownTable(
    [
      "server processes",
      "requests a second, together",
      "beside one process",
      cpu,
      "plain SQL",
      "beside plain SQL",
      cpu
    ],
    cells
  )
}

/** The options of Node that servers of pages run with, and how many of these rows are older. */
const nodeOptions = (rows: ReadonlyArray<Shown>): string => {
  const older = rows.filter(isOlderPage).length
  const how = `Each Node server of these rows, with latchkey or without, runs with the options \`${rareCollections.join(" ")}\` of Node, so that garbage is collected rarely ([why](../bench/README.md)); cold processes, many logins at the same time and several processes are measured without them. Each server answers ${warmUpRequests.toLocaleString("en")} requests before it is measured, or as many as it can in 20 seconds (in 5 where each session is used once).`
  if (older === 0) return how
  const which = older === rows.length ? "But all of these rows" : `But ${older} of these ${rows.length} rows`
  return `${how} ${which} are older: their servers had answered fewer (a session write of latchkey takes up to twice as long then), and some of them took turns of a second instead of 50 ms, and ran without these options.`
}

const marked = /^<!-- measured: (\S+) -->\n[\s\S]*?^<!-- \/measured -->$/gm

/** The page with its blocks as the results are now. @param page its path in the repository */
export const withResults = (page: string, text: string, shown: ReadonlyArray<Shown>): string =>
  text.replace(marked, (_, name: string) => {
    const block = blocks[name]
    if (block === undefined) throw new Error(`${page}: bench/report/blocks.ts has no block ${name}`)
    return [`<!-- measured: ${name} -->`, block(shown, page), "<!-- /measured -->"].join("\n\n")
  })
