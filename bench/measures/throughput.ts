/** Requests per second of pages: all servers that answer a page take turns. */
import { readFileSync } from "node:fs"
import type { Comparison } from "../comparisons.ts"
import { cookiesOf } from "../cookies.ts"
import type { Requests } from "../load.ts"
import { type RunningServer, startKind, steady } from "../servers.ts"
import type { Store } from "../store.ts"
import { takeTurns } from "../turns.ts"
import { client } from "./clients.ts"
import type { Run, Sample } from "./findings.ts"

type Page = Extract<Comparison["measure"], { kind: "page" }>
type Row = Comparison & { readonly measure: Page }
const isRow = (comparison: Comparison): comparison is Row => comparison.measure.kind === "page"

export const hotSessions = 1000
export const randomSessions = 100_000

/** Until V8 has compiled what the page needs; on a slow machine one second is not enough. */
const warmUpSeconds = 3

/** Rows with the same page, and on one framework or with one set-up of the stores, share their servers and turns. */
const pageOf = ({ measure: { sessions, target }, ours }: Row) =>
  `${target} ${sessions} ${/^latchkey-[a-z]+/.exec(ours)?.[0]}`

/** Measures the rows that compare pages. */
export const measurePages = async (comparisons: ReadonlyArray<Comparison>, run: Run): Promise<void> => {
  const hot = new Map<string, string>()
  for (const rows of Map.groupBy(comparisons.filter(isRow), pageOf).values()) await measurePage(rows, hot, run)
}

/** @param hot files with the cookies of sessions that are read again and again, by the name of the server */
const measurePage = async (rows: ReadonlyArray<Row>, hot: Map<string, string>, run: Run): Promise<void> => {
  const { found, leftOut, rounds, store } = run
  const [first] = rows
  if (first === undefined) return
  await store.vacuum()
  const failures = new Map<string, string>()
  const samples = new Map<string, Array<Sample>>()
  const names = [...new Set(rows.flatMap(({ ours, theirs }) => [ours, theirs]))]
  for (let done = 0; done < rounds; done++) {
    // Each round has new processes, because what V8 makes of a program differs from one to the next.
    const sites: Array<Site> = []
    try {
      for (const name of names.filter((each) => !failures.has(each))) {
        const site = await open(name, first.measure, hot, store).catch((error: unknown) => String(error))
        if (typeof site === "string") failures.set(name, site)
        else sites.push(site)
      }
      await load(sites, warmUpSeconds, failures, store)
      for (const [name, sample] of await load(sites, 1, failures, store))
        samples.set(name, [...(samples.get(name) ?? []), sample])
    } finally {
      for (const { server } of sites) await server.stop()
    }
  }
  for (const comparison of rows) {
    const why = failures.get(comparison.ours) ?? failures.get(comparison.theirs)
    if (why !== undefined) leftOut(comparison, why)
    else found({ comparison, ours: samples.get(comparison.ours) ?? [], theirs: samples.get(comparison.theirs) ?? [] })
  }
}

/** A server, and what it is asked. */
interface Site {
  readonly name: string
  readonly server: RunningServer
  /** The requests of so many seconds. */
  readonly requests: (seconds: number) => Promise<Requests>
  /** Whether so many requests were enough. If there were too few, some were sent twice. */
  readonly isValid: (count: number, seconds: number) => boolean
}

const open = async (name: string, page: Page, hot: Map<string, string>, store: Store): Promise<Site | string> => {
  const server = await startKind(name, store.url, { node: steady })
  if (typeof server === "string") return server
  try {
    if (page.target !== "/login") await checkPage(server, page.target, store)
    return { name, server, ...(await requestsOf(server, name, page, hot, store)) }
  } catch (error) {
    await server.stop()
    throw error
  }
}

const requestsOf = async (
  server: RunningServer,
  name: string,
  { sessions, target }: Page,
  hot: Map<string, string>,
  store: Store
): Promise<Pick<Site, "requests" | "isValid">> => {
  const { body, path } = server.pageAt(target)
  const always = (requests: Requests) => ({ requests: async () => requests, isValid: () => true })
  if (target === "/login")
    return always(
      server.postsLogins
        ? { lines: store.loginBodies(), order: "in turn", target: path, each: "body" }
        : { lines: store.logins(server.prefix), order: "in turn", target: undefined }
    )
  if (sessions === "random")
    return always({ lines: store.cookies(randomSessions), order: "random", target: path, body })
  if (sessions === "hot") {
    // Sessions outlive the process that made them.
    const lines = hot.get(name) ?? (await cookiesOf(server, hotSessions, store.file))
    hot.set(name, lines)
    return always({ lines, order: "random", target: path, body })
  }
  let perSecond = 1000
  return {
    requests: async (seconds) => {
      const lines = await cookiesOf(server, perSecond * seconds, store.file)
      return { lines, order: "in turn", target: path, body }
    },
    isValid: (count, seconds) => {
      const isEnough = count <= perSecond * seconds
      if (!isEnough) perSecond = Math.ceil((count / seconds) * 1.25)
      return isEnough
    }
  }
}

/**
 * Load on all servers. One that fails twice is left out from now on.
 *
 * @param seconds how long each server runs
 */
const load = async (
  sites: Array<Site>,
  seconds: number,
  failures: Map<string, string>,
  store: Store
): Promise<ReadonlyMap<string, Sample>> => {
  const failedOnce = new Set<string>()
  for (;;) {
    const loads = []
    for (const { requests, server } of sites) loads.push({ server, requests: await requests(seconds) })
    const before = sites.map(({ server }) => server.besides())
    const taken = await takeTurns(loads, seconds, store.processes())
    const samples = new Map<string, Sample>()
    for (const [at, site] of [...sites.entries()]) {
      const what = taken[at] ?? "no report"
      if (typeof what !== "string") {
        const besides = (site.server.besides() - (before[at] ?? 0)) / what.count
        const sample = { value: what.perSecond, cpu: what.cpu, database: what.shared + besides }
        if (site.isValid(what.count, seconds)) samples.set(site.name, sample)
      } else if (failedOnce.has(site.name)) {
        failures.set(site.name, what)
        sites.splice(sites.indexOf(site), 1)
        await site.server.stop()
      } else failedOnce.add(site.name)
    }
    if (samples.size === sites.length) return samples
  }
}

const named = /"user": ?"user\d+"/
const answers: Readonly<Record<string, RegExp>> = { "/anon": /^ok$/, "/may": /"(may|has)": ?true/ }

/** A server that answers something else would be fast for nothing. */
const checkPage = async (server: RunningServer, target: string, store: Store): Promise<void> => {
  const [cookie] = readFileSync(await cookiesOf(server, 1, store.file), "utf8").split("\n")
  const { answer = answers[target] ?? named, body, path } = server.pageAt(target)
  const { close, send } = client(server.port, 1)
  await send(path, answer, { body, cookie }).finally(close)
}
