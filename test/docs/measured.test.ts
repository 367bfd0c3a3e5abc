/** What pages show of `npm run bench` is made from bench/results/history.json, and nothing of it is copied by hand. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Comparison, comparisons } from "../../bench/comparisons.ts"
import { readCore, requestsTable, slowTransitions } from "../../bench/core/core-results.ts"
import { callsThatTake, cpuClock, leastRound, stepOf } from "../../bench/core/rounds.ts"
import { djangoLibrary, djangoVersionIn } from "../../bench/django/library.ts"
import { growthFiles, type Run } from "../../bench/growth/growth-results.ts"
import { clearing, growthOfCost, storage } from "../../bench/growth/growth-sentences.ts"
import { flatness } from "../../bench/growth/growth-verdicts.ts"
import { ordersOfRounds } from "../../bench/measures/findings.ts"
import { arithmetic } from "../../bench/report/arithmetic.ts"
import { importGoal, withResults } from "../../bench/report/blocks.ts"
import { circumstances } from "../../bench/report/circumstances.ts"
import { resultFiles, resultPages } from "../../bench/report/drawings.ts"
import { readHistory, rowOf, withRow } from "../../bench/report/history.ts"
import { shownRows } from "../../bench/report/saved-rows.ts"
import { missedGoals } from "../../bench/report/tables.ts"
import { rareCollections, warmUpRequests } from "../../bench/servers.ts"
import { isReached, isWorse, median } from "../../bench/statistics.ts"

const root = join(import.meta.dirname, "..", "..")
const shown = shownRows(readHistory())

describe("the saved results of the bench", () => {
  it.each([...resultPages(shown).keys()])("are what %s shows (npm run bench:draw writes it again)", (page) => {
    expect(readFileSync(join(root, page), "utf8")).toBe(resultPages(shown).get(page))
  })

  it.each([...resultFiles(shown).keys()])("are what bench/results/%s shows (npm run bench:draw)", (name) => {
    expect(readFileSync(join(root, "bench/results", name), "utf8")).toBe(resultFiles(shown).get(name))
  })

  it("have rows of comparisons that exist, whose names are unique", () => {
    const names = comparisons.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { rows } of readHistory().slice(-1)) expect(names).toEqual(expect.arrayContaining(Object.keys(rows)))
  })

  it("say of each row when it was measured, on which commit, with which versions, and in how many rounds", () => {
    expect(shown.length).toBeGreaterThan(10)
    for (const { row } of shown) {
      expect(row.date).toMatch(/^\d{4}-\d\d-\d\d$/)
      expect(row.commit).toMatch(/^[0-9a-f]{10}/)
      expect(row.versions).toMatchObject({ Node: expect.any(String), PostgreSQL: expect.any(String) })
      expect(row.rounds).toBeGreaterThan(0)
    }
  })

  it("are refused by a page that asks for a block that does not exist", () => {
    expect(() => withResults("a.md", "<!-- measured: nothing -->\n<!-- /measured -->", [])).toThrow(
      "a.md: bench/report/blocks.ts has no block nothing"
    )
  })

  it("say which cells of the table of frameworks miss their goals", () => {
    const withRatio = (ratio: number) =>
      shown.map(({ comparison, row }) => {
        const isHono = comparison.ours === "latchkey-hono" && comparison.theirs === "bare-hono"
        return { comparison, row: { ...row, ratio: isHono ? ratio : 2 } }
      })
    expect(missedGoals(withRatio(0.5))).toBe(
      "2 of these 16 cells miss the goal that the project has set itself (here in brackets): authenticated read, 1,000 sessions: Hono (1.1); a page that touches nothing: Hono (0.97)."
    )
    expect(missedGoals(withRatio(2))).toBe("All 16 cells reach the goals that the project has set itself.")
    expect(missedGoals([])).toBe("")
  })

  it("are said to be missing where nothing was measured", () => {
    const names = ["read", "frameworks", "libraries", "cold", "storm", "processes", "django", "pgbouncer", "partitions"]
    for (const name of [...names, "redis-cluster"])
      expect(withResults("a.md", `<!-- measured: ${name} -->\n<!-- /measured -->`, [])).toContain("Not measured yet.")
  })
})

describe("several processes and other set-ups of the stores", () => {
  /** Rows with made-up figures, which say where each cell comes from. */
  const made = (name: string, ours: number, theirs: number) => {
    const comparison = comparisons.find((each) => each.name === name) ?? expect.fail(name)
    const side = (value: number) => ({ value, cpu: value / 10, database: value / 100 })
    const at = { ...circumstances(), date: "2026-01-02", machine: "a machine" }
    return { comparison, row: rowOf({ comparison, ours: [side(ours)], theirs: [side(theirs)] }, at) }
  }
  const blockOf = (name: string, rows: Parameters<typeof withResults>[2]) =>
    withResults("a.md", `<!-- measured: ${name} -->\n<!-- /measured -->`, rows)
  const linesOf = (text: string) => text.split("\n").filter((line) => /^\| (\d|[a-z])/.test(line))

  it("have no empty rows, in tables and in charts", () => {
    const row = made("anon:latchkey-koa:bare-koa", 900, 1000)
    expect(linesOf(blockOf("frameworks", [row]))).toEqual([
      "| page | Node | Koa | Express | Fastify | Hono | Next.js |",
      "| a page that touches nothing |  | 0.90 (0.90 to 0.90) |  |  |  |  |"
    ])
    expect(resultFiles([row]).get("frameworks-light.svg")).not.toContain("authenticated read")
    const beside = made("anon:latchkey-koa:bare-koa-with-middleware", 900, 1000)
    expect(linesOf(blockOf("frameworks", [beside])).at(-1)).toMatch(/beside one empty middleware \| {2}\| 0\.90/)
    expect(linesOf(blockOf("processes", [made("processes:4:bare-node", 900, 1000)])).slice(1)).toEqual([
      "| 4 | 900 |  | 90 + 9 | 1,000 | 0.90 (0.90 to 0.90) | 100 + 10 |"
    ])
    for (const page of ["README.md", "docs/performance.md", "docs/scaling.md"])
      expect(readFileSync(join(root, page), "utf8")).not.toMatch(/^\| [^|]+( \| )+ ?\|$/m)
  })

  it("name the libraries that are ahead of a cold process", () => {
    const first = (theirs: string, ours: number) => made(`first-read:latchkey-node:${theirs}`, ours, 20)
    const rows = [first("bare-node", 40), first("express-session", 30), first("fastify-session", 20)]
    expect(blockOf("cold", rows)).toContain("missed: in the first read express-session is ahead of latchkey.")
    const later = made("first-second:latchkey-node:iron-session", 99, 100)
    expect(blockOf("cold", [...rows, first("iron-session", 21), later])).toContain(
      "in the first read express-session and iron-session are ahead of latchkey and in the reads in the first second iron-session is ahead"
    )
    expect(blockOf("cold", [first("bare-node", 40), first("fastify-session", 20)])).toContain("ahead: reached.")
  })

  it("say with which options of Node the servers ran, and how warm they were", () => {
    const page = made("me:latchkey-node:bare-node", 1200, 1000)
    expect(page.row.nodeOptions).toBe(rareCollections.join(" "))
    expect(blockOf("when", [page])).toContain(`runs with the options \`${rareCollections.join(" ")}\` of Node`)
    expect(blockOf("when", [page])).not.toContain("older")
    expect(made("processes:2:1", 2, 1).row).not.toHaveProperty("nodeOptions")
    expect(readFileSync(join(root, "bench/README.md"), "utf8")).toContain(`\`${rareCollections.join(" ")}\``)
    expect(page.row.warmUpRequests).toBe(warmUpRequests)
    expect(readFileSync(join(root, "bench/README.md"), "utf8")).toContain(
      `warmed up with ${warmUpRequests.toLocaleString("en")} requests`
    )
    const { warmUpRequests: _, ...older } = page.row
    expect(blockOf("when", [{ ...page, row: older }])).toContain("But all of these rows are older")
    expect(blockOf("when", [page, { ...page, row: older }])).toContain("But 1 of these 2 rows are older")
  })

  it("are shown beside one process, and beside as many of the bare server", () => {
    const rows = [
      made("processes:2:1", 1900, 1000),
      made("processes:1:bare-node", 1000, 800),
      made("processes:2:bare-node", 1900, 1600)
    ]
    expect(linesOf(blockOf("processes", rows)).slice(-2)).toEqual([
      "| 1 | 1,000 | 1 | 100 + 10 | 800 | 1.25 (1.25 to 1.25) | 80 + 8 |",
      "| 2 | 1,900 | 1.90 (1.90 to 1.90) | 190 + 19 | 1,600 | 1.19 (1.19 to 1.19) | 160 + 16 |"
    ])
  })

  it.each([
    ["pgbouncer", "latchkey-node", "latchkey without PgBouncer"],
    ["pgbouncer", "bare-pgbouncer", "plain SQL through PgBouncer"],
    ["partitions", "latchkey-node", "one table"],
    ["redis-cluster", "latchkey-redis", "one Redis"]
  ])("are shown for %s beside %s, with a read and a write", (name, theirs, words) => {
    const rows = ["me", "write"].map((page, at) => made(`${page}:latchkey-${name}:${theirs}`, 900 - at, 1000))
    expect(linesOf(blockOf(name, rows)).slice(-2)).toEqual([
      `| authenticated read, beside ${words} | 900 | 1,000 | 0.90 (0.90 to 0.90) | 90 + 9 | 100 + 10 |`,
      `| session write, beside ${words} | 899 | 1,000 | 0.90 (0.90 to 0.90) | 90 + 9 | 100 + 10 |`
    ])
  })
})

describe("what the page on scaling says of growth", () => {
  const cost = (application: number, p50 = 1) => ({ p50, p99: 9, application, database: 10 })
  const size = (sessions: number, read: number) => ({
    sessions,
    bytes: sessions * 500,
    indexBytes: sessions * 100,
    read: cost(read),
    login: cost(490),
    logout: cost(190)
  })
  const run: Run = {
    date: "2026-01-02",
    version: "0.1.0",
    machine: "a machine",
    command: "a command",
    sizes: [size(10_000, 90), size(1_000_000, 140)],
    cleared: { removed: 60_000, seconds: 2, tenths: [0.1, 0.3], before: cost(100, 2), during: cost(200, 3) },
    redis: [{ sessions: 1000, read: "", insert: "", remove: "", p50: 1, p99: 2, bytesPerSession: 400 }],
    inFlight: { latchkey: 7.4, bare: 4.1 }
  }

  it("uses the run with the largest factor between its smallest and its largest table", () => {
    const smaller = { ...run, sizes: [size(10_000, 90), size(100_000, 999)] }
    expect(growthOfCost([run, smaller])).toBe(
      "With 1,000,000 sessions instead of 10,000, the CPU time of application and PostgreSQL together is 1.50 times as long for a read, 1.00 times for a login and 1.00 times for a logout."
    )
  })

  it("has the memory of sessions and of waiting requests", () => {
    expect(storage([run])).toMatch(
      /^A million sessions take 500 MB in PostgreSQL, 100 MB of it indexes .* 400 MB in Redis/
    )
    expect(storage([run])).toContain("take 7 MB together, on a bare Node server 4 MB.")
    expect(storage([run, { ...run, inFlight: { latchkey: 9, bare: 4 } }])).toContain("take 7 to 9 MB together")
  })

  it("says how long it took to remove expired sessions", () => {
    expect(clearing([run])).toBe(
      "60,000 expired rows beside 1,000,000 live ones took 2 s, each tenth of them 0.1 to 0.3 s. Reads at the same time waited 1.5 times as long in the median, because all share two cores."
    )
  })

  it("is the basis of the arithmetic, with the rows of the bench", () => {
    const row = (name: string, cpu: number, database: number) =>
      shown
        .filter(({ comparison }) => comparison.name === `${name}:latchkey-node:bare-node`)
        .map(({ comparison, row }) => ({ comparison, row: { ...row, ours: { value: 1, cpu, database } } }))
    const rows = [...row("me-random", 80, 30), ...row("write", 300, 200)]
    expect(arithmetic(rows, [run]).split("\n").slice(2)).toEqual([
      "| a billion sessions in PostgreSQL | 500 GB when freshly made; plan for 1 TB |",
      "| each of 128 partitions | 3.9 GB |",
      "| the same sessions in Redis | 400 GB |",
      "| sessions that expire, with an age of two weeks | 71 million a day, 830 a second; `clearSessions` removed 30,000 a second |",
      "| 100,000 reads a second, of sessions at random | 8 to 14 cores of applications and 1 to 3 of PostgreSQL at full load; with a third in reserve 12 to 21 and 1.5 to 4.5 |",
      "| 10,000 session writes a second | 3 cores of applications and 2 of PostgreSQL at full load; with a third in reserve 4.5 and 3; one core of PostgreSQL at full load does 5,000 a second |",
      "| 1,000 logins a second, without the hash | 0.49 cores of applications and 0.01 of PostgreSQL at full load; with a third in reserve 0.73 and 0.02 |"
    ])
  })

  it("claims the limit of 1.5 times for the figures that reach it, and names the rows that miss it", () => {
    expect(flatness([run])).toBe(
      "The goal is at most 1.5 times what a request takes with the fewest sessions. CPU time reached it in 3 of 3 rows (1.00 to 1.50 times). The median wait reached it in 3 of 3 rows (1.00 to 1.00 times). The 99th percentile of the wait reached it in 3 of 3 rows (1.00 to 1.00 times). How far this percentile varies with the same number of sessions was not measured."
    )
    const slower = { ...run, sizes: [size(10_000, 90), size(1_000_000, 141)] }
    expect(flatness([slower])).toContain(
      "CPU time reached it in 2 of 3 rows (1.00 to 1.51 times), and missed it in: read with 1,000,000 sessions."
    )
    expect(growthFiles([slower]).get("growth.md")).toContain("| 1.51 | 1.00 | 1.00 | missed: CPU |")
    expect(growthFiles([run]).get("growth.md")).toContain("| 1.50 | 1.00 | 1.00 | reached |")
  })

  it("compares Redis with its smallest size, too", () => {
    const redis = (sessions: number, read: string, p99: number) => ({ ...run.redis[0]!, sessions, read, p99 })
    const grown = { ...run, redis: [redis(1000, "30 + 10", 2), redis(9000, "40 + 21", 3.1)] }
    expect(flatness([grown])).toContain("CPU time reached it in 3 of 4 rows (1.00 to 1.52 times), and missed it in")
    expect(growthFiles([grown]).get("growth.md")).toContain("| 1.52 | 1.00 | 1.55 | missed: CPU, p99 |")
  })

  it("says how far the 99th percentile varies without more sessions", () => {
    const quick = { ...size(1_000_000, 90), login: { ...cost(490), p99: 3 } }
    expect(flatness([{ ...run, sizes: [size(10_000, 90), quick] }])).toContain(
      "falls, by a factor of up to 3.00: other"
    )
    const again = { postgres: { ...size(10_000, 90), logout: { ...cost(190), p99: 6 } }, redis: undefined }
    expect(flatness([{ ...run, again }])).toContain("differ by a factor of up to 1.50 in this percentile")
    expect(growthFiles([{ ...run, again }]).get("growth.md")).toContain("| logout | 10,000, again | 1 | 6 |")
  })

  it("claims no limit of growth outside of what is computed", () => {
    for (const page of ["README.md", "docs/scaling.md", "docs/performance.md", "docs/production.md", "CHANGELOG.md"]) {
      const written = readFileSync(join(root, page), "utf8").replace(
        /^<!-- measured: \S+ -->\n[\s\S]*?^<!-- \/measured -->$/gm,
        ""
      )
      expect(written).not.toMatch(/1\.5 times|\bstays? flat\b|\bflat (to|with|within)\b/)
    }
  })

  it("says that 16 cores of PostgreSQL are enough for 100,000 reads a second only if the arithmetic says so", () => {
    const page = readFileSync(join(root, "docs/scaling.md"), "utf8")
    expect(page).toContain("100,000 reads a second and a third in reserve take less than 16 cores")
    const cores = /^\| 100,000 reads a second,.* and (?:[\d.]+ to )?([\d.]+) \|$/m.exec(page)?.[1]
    expect(Number(cores)).toBeLessThan(16)
  })

  it("is said to be missing before the first run", () => {
    for (const text of [growthOfCost([]), flatness([]), storage([]), clearing([]), arithmetic([], [])])
      expect(text).toBe("Not measured yet.")
  })
})

describe("what the page on performance says of imports", () => {
  it("is whether latchkey reaches its goal", () => {
    const table = (cpu: string, memory: string) =>
      `| \`latchkey/node\` | 1 | 1 | 1 |\n| \`latchkey\` | ${cpu} | ${memory} | 9 |`
    expect(importGoal(table("81", "25.0"))).toContain(
      "at most 80 ms (missed: 81 ms) and at most 25 MB (reached: 25 MB)"
    )
    expect(importGoal(table("80", "25.1"))).toContain("80 ms (reached: 80 ms) and at most 25 MB (missed: 25.1 MB)")
    expect(() => importGoal("")).toThrow("no row of latchkey")
  })
})

describe("what the page on performance says of the core", () => {
  const taken = (nanoseconds: number) => ({ nanoseconds, bytes: 10 * nanoseconds })
  const transition = (name: string, nanoseconds: number) => ({ name, ...taken(nanoseconds) })
  const measured = {
    transitions: [transition("slow", 1200), transition("quick", 20), transition("middling", 1000)],
    requests: [{ kind: "read", transitions: taken(2500), interpreter: taken(4000) }] as const
  }

  it("names the transitions that take more than a microsecond", () => {
    expect(slowTransitions(measured)).toBe(
      "Half of the 3 transitions take 1,000 ns or less. The goal is at most 1 µs for each that computes no HMAC. 1 of 3 miss it: `slow` (1,200 ns)."
    )
    expect(slowTransitions({ ...measured, transitions: [transition("quick", 20)] })).toContain("All reach it.")
    const signing = { ...transition("signing", 5000), hmac: true } as const
    expect(slowTransitions({ ...measured, transitions: [signing, transition("quick", 20)] })).toMatch(
      /All reach it\. With an HMAC: `signing` \(5,000 ns\)\.$/
    )
  })

  it("has each kind of request without and with the interpreter", () => {
    expect(requestsTable(measured)).toContain("| read of the user | 2,500 | 4,000 | 1,500 | 25,000 | 40,000 |")
  })
})

describe("the bench of the core", () => {
  it("has kept no row of 0 ns or of 0 bytes", () => {
    const core = readCore() ?? expect.fail("the core was not measured")
    const taken = [...core.transitions, ...core.requests.flatMap((each) => [each.transitions, each.interpreter])]
    expect(taken.filter(({ bytes, nanoseconds }) => !(nanoseconds > 0 && bytes > 0))).toEqual([])
    expect(core.transitions.length).toBeGreaterThan(20)
  })

  it("measures rounds that are far longer than a step of the clock", async () => {
    let now = 0
    const step = 4e6
    const coarse = () => {
      now += 90 // a call takes so long
      return Math.floor(now / step) * step
    }
    expect(stepOf(coarse)).toBe(step)
    const timeOf = (calls: number) => {
      const before = coarse()
      now += 90 * calls
      return coarse() - before
    }
    const calls = await callsThatTake(leastRound(coarse), timeOf)
    for (let round = 0; round < 50; round++) expect(Math.abs(timeOf(calls) / calls - 90)).toBeLessThan(0.02 * 90)
  })

  it("has a clock with steps below a millisecond", () => {
    expect(stepOf(cpuClock)).toBeLessThan(1e6)
  })
})

describe("a row of the bench", () => {
  const comparison = comparisons.find(({ name }) => name === "me:latchkey-node:express-session") as Comparison
  const samples = (...values: ReadonlyArray<number>) => values.map((value) => ({ value, cpu: value / 10 }))
  const finding = { comparison, ours: samples(110, 90, 120), theirs: samples(100, 100, 100) }

  it("is saved with medians, the median of the rounds' ratios, the lowest and the highest", () => {
    const row = rowOf(finding, { ...circumstances(), date: "2026-01-02", commit: "abc" })
    expect(row).toMatchObject({
      date: "2026-01-02",
      commit: "abc",
      rounds: 3,
      ours: { value: 110, cpu: 11 },
      theirs: { value: 100, cpu: 10 },
      ratio: 1.1,
      low: 0.9,
      high: 1.2
    })
    expect(row.versions).toMatchObject({ "express-session": expect.stringMatching(/^\d+\.\d+\.\d+$/) })
    expect(row.ours).not.toHaveProperty("database")
  })

  it("beside Django is saved with the version in the folder that Python imports Django from", () => {
    const folder = mkdtempSync(join(tmpdir(), "django-"))
    expect(djangoVersionIn(folder)).toBeUndefined()
    mkdirSync(join(folder, "django"))
    writeFileSync(join(folder, "django/__init__.py"), 'x = 1\nVERSION = (5, 2, 17, "final", 0)\n')
    expect(djangoVersionIn(folder)).toBe("5.2.17")
    rmSync(folder, { recursive: true })
    const beside = comparisons.find(({ name }) => name === "me:latchkey-node:django") as Comparison
    expect(rowOf({ ...finding, comparison: beside }, circumstances()).versions["Django"]).toBe(
      djangoVersionIn(djangoLibrary) ?? "unknown"
    )
  })

  it("replaces the row of that name in the same release only", () => {
    const [one, two, three] = [0.1, 0.2, 0.3].map((ratio) => ({ ...rowOf(finding, circumstances()), ratio }))
    const history = withRow(withRow([], "0.1.0", "a", one!), "0.1.0", "b", one!)
    const next = withRow(withRow(history, "0.2.0", "a", two!), "0.2.0", "a", three!)
    expect(next).toEqual([
      { version: "0.1.0", rows: { a: one, b: one } },
      { version: "0.2.0", rows: { a: three } }
    ])
  })

  it("is worse with a smaller ratio, or, if it counts milliseconds, with a larger one", () => {
    expect([0.84, 0.86].map((ratio) => isWorse({ unit: "requests/s" }, ratio, 1))).toEqual([true, false])
    expect([1.19, 1.17].map((ratio) => isWorse({ unit: "ms" }, ratio, 1))).toEqual([true, false])
    expect([0.9, 1.1].map((ratio) => isReached({ unit: "ms" }, 1, ratio))).toEqual([true, false])
    expect([0.9, 1.1].map((ratio) => isReached({ unit: "requests/s" }, 1, ratio))).toEqual([false, true])
  })

  it("has the mean of the two middle rounds as median of an even number", () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN])
  })

  it("is measured in rounds, in every other round in the opposite order", () => {
    expect(ordersOfRounds(["a", "b", "c"], 3)).toEqual([
      ["a", "b", "c"],
      ["c", "b", "a"],
      ["a", "b", "c"]
    ])
  })
})
