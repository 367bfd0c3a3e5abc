/** The tables that pages show of the bench. */
import type { Comparison } from "../comparisons.ts"
import { isReached } from "../statistics.ts"
import { markdownTable } from "./markdown-table.ts"
import { measuredOn, ratioText, type Shown } from "./saved-rows.ts"

/** Names of servers as their authors write them. */
export const names: Readonly<Record<string, string>> = {
  node: "Node",
  koa: "Koa",
  express: "Express",
  fastify: "Fastify",
  hono: "Hono",
  next: "Next.js",
  "bare-node": "plain SQL",
  "bare-node-without-sessions": "plain SQL",
  "fastify-session": "@fastify/session",
  "better-auth-roles": "better-auth",
  django: "Django"
}
export const nameOf = (server: string): string => names[server] ?? server

/** What these two servers were compared in, for a page. */
const findShown = (shown: ReadonlyArray<Shown>, page: Partial<Page>, ours: string, theirs: string) =>
  shown.find(({ comparison }) => {
    const { measure } = comparison
    if (comparison.ours !== ours || comparison.theirs !== theirs || measure.kind !== "page") return false
    return measure.target === page.target && (page.sessions === undefined || measure.sessions === page.sessions)
  })
const find = (...row: Parameters<typeof findShown>) => findShown(...row)?.row
type Page = Extract<Comparison["measure"], { kind: "page" }>

const frameworks = ["node", "koa", "express", "fastify", "hono", "next"]

const pagesOnFrameworks = [
  ["authenticated read, 1,000 sessions", { target: "/me", sessions: "hot" }, ""],
  ["a page that touches nothing", { target: "/anon" }, ""],
  ["a page that touches nothing, beside one empty middleware", { target: "/anon" }, "-with-middleware"]
] as const

/** latchkey on each framework, beside the framework alone. */
export const frameworksTable = (shown: ReadonlyArray<Shown>): string => {
  const rows = pagesOnFrameworks.map(([title, page, other]) => [
    title,
    ...frameworks.map((on) => {
      const row = find(shown, page, `latchkey-${on}`, `bare-${on}${other}`)
      return row === undefined ? "" : ratioText(row)
    })
  ])
  return tableOfMeasured(["page", ...frameworks.map(nameOf)], rows)
}

/** Which cells of {@link frameworksTable} miss their goals, with the goals. */
export const missedGoals = (shown: ReadonlyArray<Shown>): string => {
  const rows = pagesOnFrameworks.map(([title, page, other]) => ({
    title,
    cells: frameworks.flatMap((on) => {
      const cell = findShown(shown, page, `latchkey-${on}`, `bare-${on}${other}`)
      const goal = cell?.comparison.goal
      if (cell === undefined || goal === undefined) return []
      return [{ name: `${nameOf(on)} (${goal})`, isMissed: !isReached(cell.comparison, goal, cell.row.ratio) }]
    })
  }))
  const missed = rows.flatMap(({ cells, title }) => {
    const names = cells.filter(({ isMissed }) => isMissed).map(({ name }) => name)
    return names.length === 0 ? [] : [`${title}: ${new Intl.ListFormat("en").format(names)}`]
  })
  const all = rows.flatMap(({ cells }) => cells)
  if (all.length === 0) return ""
  if (missed.length === 0) return `All ${all.length} cells reach the goals that the project has set itself.`
  const count = all.filter(({ isMissed }) => isMissed).length
  return `${count} of these ${all.length} cells miss the goal that the project has set itself (here in brackets): ${missed.join("; ")}.`
}

/** A table without the rows of which no cell was measured. The first cell of a row is its title. */
const tableOfMeasured = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const measured = rows.filter(([, ...cells]) => cells.some((cell) => cell !== ""))
  return measured.length === 0 ? "Not measured yet." : markdownTable(head, measured)
}

/** The columns, and the servers whose rows they show. */
const columns = [
  ["bare-node", "bare-node-without-sessions"],
  ["express-session"],
  ["fastify-session"],
  ["better-auth", "better-auth-roles"],
  ["iron-session"],
  ["django"]
]
const pagesOnNode = [
  ["authenticated read", { target: "/me", sessions: "hot" }, "latchkey-node"],
  ["authenticated read, 100,000 sessions at random", { target: "/me", sessions: "random" }, "latchkey-node"],
  ["authenticated read, signed cookies", { target: "/me", sessions: "hot" }, "latchkey-node-signed-cookies"],
  ["permission check", { target: "/may" }, "latchkey-node"],
  ["session write", { target: "/write" }, "latchkey-node"],
  ["login, with one iteration of the hash", { target: "/login" }, "latchkey-node"],
  ["logout", { target: "/logout" }, "latchkey-node"],
  ["logout, signed cookies", { target: "/logout" }, "latchkey-node-signed-cookies"]
] as const

/** The pages on Node, beside plain SQL and beside other libraries. */
export const librariesTable = (shown: ReadonlyArray<Shown>): string => {
  const rows = pagesOnNode.map(([title, page, ours]) => [
    title,
    ...columns.map((others) => {
      const row = others.map((theirs) => find(shown, page, ours, theirs)).find((each) => each !== undefined)
      return row === undefined ? "" : ratioText(row)
    })
  ])
  return tableOfMeasured(["page", ...columns.map(([name = ""]) => nameOf(name))], rows)
}

/** Bars of the same pages. */
export const libraryGroups = (shown: ReadonlyArray<Shown>) =>
  pagesOnNode.flatMap(([title, page, ours]) => {
    const bars = columns.flat().flatMap((theirs) => {
      const row = find(shown, page, ours, theirs)
      return row === undefined ? [] : [{ label: nameOf(theirs), ...row }]
    })
    return bars.length > 0 ? [{ title, bars }] : []
  })

export const frameworkGroups = (shown: ReadonlyArray<Shown>) =>
  (
    [
      ["authenticated read", { target: "/me", sessions: "hot" }],
      ["a page that touches nothing", { target: "/anon" }]
    ] as const
  ).flatMap(([title, page]) => {
    const bars = frameworks.flatMap((on) => {
      const row = find(shown, page, `latchkey-${on}`, `bare-${on}`)
      return row === undefined ? [] : [{ label: nameOf(on), ...row }]
    })
    return bars.length > 0 ? [{ title, bars }] : []
  })

const figure = (value: number | undefined, unit: Comparison["unit"]) => {
  if (value === undefined) return ""
  return unit === "requests/s" ? Math.round(value).toLocaleString("en") : value.toPrecision(3)
}

/** Rows whose figures themselves are of interest, beside their ratio. */
export const figuresTable = (
  head: readonly [string, string],
  rows: ReadonlyArray<readonly [string, Shown | undefined]>
) =>
  markdownTable(
    ["", ...head, "ratio"],
    rows.flatMap(([title, shown]) => {
      if (shown === undefined) return []
      const { comparison, row } = shown
      return [
        [title, figure(row.ours?.value, comparison.unit), figure(row.theirs?.value, comparison.unit), ratioText(row)]
      ]
    })
  )

/** Everything that was measured, with the goals: a page of its own. */
export const allTables = (shown: ReadonlyArray<Shown>): string => {
  const lines = [
    `# All rows of \`npm run bench\``,
    "",
    "This page is made from history.json by `npm run bench:draw`. Each row says when it was measured, on which commit, and in how many rounds. The figures are medians of the rounds. The ratio is latchkey's figure divided by the other one: the median of the rounds, and in brackets the lowest and the highest. For milliseconds a small ratio is good. CPU time is that of the server and of PostgreSQL, in microseconds per request, latchkey's first. The figures of different rows must not be compared, ratios can.",
    "",
    `All of it was ${measuredOn(shown)}: \`npm run bench -- --save\`.`,
    ""
  ]
  for (const [section, rows] of Map.groupBy(shown, ({ comparison }) => comparison.section)) {
    const head = ["latchkey", "beside", "figures", "ratio", "goal", "CPU µs, server", "PostgreSQL", "measured"]
    const cells = rows.map(({ comparison, row }) => {
      const { goal, ours, theirs, unit } = comparison
      const pair = (of: "cpu" | "database") =>
        row.ours?.[of] === undefined ? "" : `${figure(row.ours[of], "ms")} of ${figure(row.theirs?.[of], "ms")}`
      const aim = goal === undefined ? "" : `${goal} ${isReached(comparison, goal, row.ratio) ? "reached" : "missed"}`
      const figures =
        row.ours === undefined ? "" : `${figure(row.ours.value, unit)} of ${figure(row.theirs?.value, unit)} ${unit}`
      const how = `${row.date}, ${row.commit}, ${row.rounds} rounds${row.note === undefined ? "" : `; ${row.note}`}`
      const versions = Object.entries(row.versions).flatMap(([name, version]) =>
        name === "Node" || name === "PostgreSQL" ? [] : [`${name} ${version}`]
      )
      const other = versions.length === 0 ? theirs : `${theirs} (${versions.join(", ")})`
      return [ours.replace(/^latchkey-/, ""), other, figures, ratioText(row), aim, pair("cpu"), pair("database"), how]
    })
    lines.push(`## ${section}`, "", markdownTable(head, cells), "")
  }
  return lines.join("\n")
}
