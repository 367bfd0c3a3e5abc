/** Requests per second of pages: all servers that answer a page take turns. */
import { readFileSync } from "node:fs"
import type { Comparison } from "../comparisons.ts"
import { cookiesOf } from "../cookies.ts"
import type { Requests } from "../load.ts"
import { type RunningServer, rareCollections, startKind, warmUpRequests } from "../servers.ts"
import type { Store } from "../store.ts"
import { type Load, type ServerTurns, takeTurns } from "../turns.ts"
import { client } from "./clients.ts"
import type { Run, Sample } from "./findings.ts"

type Page = Extract<Comparison["measure"], { kind: "page" }>
type Row = Comparison & { readonly measure: Page }
const isRow = (comparison: Comparison): comparison is Row => comparison.measure.kind === "page"

export const hotSessions = 1000
export const randomSessions = 100_000

/** Rows with the same page, and on one framework or with one set-up of the stores, share their servers and turns. */
const pageOf = ({ measure: { sessions, target }, ours }: Row) =>
  `${target} ${sessions} ${/^latchkey-[a-z]+/.exec(ours)?.[0]}`

/** Measures the rows that compare pages. */
export const measurePages = async (comparisons: ReadonlyArray<Comparison>, run: Run): Promise<void> => {
  for (const rows of Map.groupBy(comparisons.filter(isRow), pageOf).values()) await measurePage(rows, run)
}

const measurePage = async (rows: ReadonlyArray<Row>, run: Run): Promise<void> => {
  const { found, leftOut, rounds, store } = run
  const [first] = rows
  if (first === undefined) return
  await store.vacuum()
  const failures = new Map<string, string>()
  const samples = new Map<string, Array<Sample>>()
  const perSecond = new Map<string, number>()
  const names = [...new Set(rows.flatMap(({ ours, theirs }) => [ours, theirs]))]
  for (let done = 0; done < rounds; done++) {
    // Each round has new processes, because V8 compiles the same program differently in each.
    const sites: Array<Site> = []
    try {
      for (const name of names.filter((each) => !failures.has(each))) {
        const site = await open(name, first.measure, perSecond, store).catch((error: unknown) => String(error))
        if (typeof site === "string") failures.set(name, site)
        else sites.push(site)
      }
      await warmUp(sites, first.measure, failures, store)
      for (const [name, sample] of await measureRound(sites, 1, failures, store))
        samples.set(name, [...(samples.get(name) ?? []), sample])
    } finally {
      for (const { name, server } of sites) if (!failures.has(name)) await server.stop()
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

/** @param perSecond requests per second of pages that use each session once, by the name of the server */
const open = async (name: string, page: Page, perSecond: Map<string, number>, store: Store): Promise<Site | string> => {
  const server = await startKind(name, store.url, { nodeOptions: rareCollections })
  if (typeof server === "string") return server
  try {
    return { name, server, ...(await requestsOf(server, name, page, perSecond, store)) }
  } catch (error) {
    await server.stop()
    throw error
  }
}

const requestsOf = async (
  server: RunningServer,
  name: string,
  { sessions, target }: Page,
  perSecond: Map<string, number>,
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
  if (sessions === "fresh") {
    await checkPage(server, target, await cookiesOf(server, 1, store.file))
    const expected = () => perSecond.get(name) ?? 1000
    return {
      requests: async (seconds) => {
        const lines = await cookiesOf(server, expected() * seconds, store.file)
        return { lines, order: "in turn", target: path, body }
      },
      isValid: (count, seconds) => {
        const isEnough = count <= expected() * seconds
        if (!isEnough) perSecond.set(name, Math.ceil((count / seconds) * 1.25))
        return isEnough
      }
    }
  }
  const lines = sessions === "random" ? store.cookies(randomSessions) : await cookiesOf(server, hotSessions, store.file)
  await checkPage(server, target, lines)
  return always({ lines, order: "random", target: path, body })
}

/** Runs each server for 20 seconds at most; for 5 if the page ends its sessions, which take long to make. */
const warmUp = async (
  sites: ReadonlyArray<Site>,
  { sessions }: Page,
  failures: Map<string, string>,
  store: Store
): Promise<void> => {
  const [seconds, most] = sessions === "fresh" ? [1, 5] : [4, 5]
  const answered = new Map<string, number>()
  for (let done = 0; done < most; done++) {
    const cold = sites.filter(({ name }) => (answered.get(name) ?? 0) < warmUpRequests)
    for (const [name, { value }] of await measureRound(cold, seconds, failures, store))
      answered.set(name, (answered.get(name) ?? 0) + value * seconds)
  }
}

/**
 * One round of all servers that have not failed. One that fails twice is stopped, and left out from now on.
 *
 * @param seconds how long each server runs
 */
const measureRound = async (
  sites: ReadonlyArray<Site>,
  seconds: number,
  failures: Map<string, string>,
  store: Store
): Promise<ReadonlyMap<string, Sample>> => {
  const failedOnce = new Set<string>()
  for (;;) {
    const loads: Array<Load & { readonly site: Site }> = []
    const outcomes = new Map<Site, ServerTurns | string>()
    const running = sites.filter(({ name }) => !failures.has(name))
    for (const site of running)
      try {
        loads.push({ site, server: site.server, requests: await site.requests(seconds) })
      } catch (error) {
        outcomes.set(site, String(error))
      }
    const before = loads.map(({ site }) => site.server.besides())
    const taken = await takeTurns(loads, seconds, store.cpu)
    const samples = new Map<string, Sample>()
    for (const [at, { site }] of loads.entries()) {
      const turns = taken[at] ?? "no report"
      outcomes.set(site, turns)
      if (typeof turns === "string" || !site.isValid(turns.count, seconds)) continue
      const besides = (site.server.besides() - (before[at] ?? 0)) / turns.count
      samples.set(site.name, { value: turns.perSecond, cpu: turns.cpu, database: turns.shared + besides })
    }
    for (const [site, why] of outcomes)
      if (typeof why === "string" && failedOnce.has(site.name)) {
        failures.set(site.name, why)
        await site.server.stop()
      } else if (typeof why === "string") failedOnce.add(site.name)
    if (running.every(({ name }) => samples.has(name) || failures.has(name))) return samples
  }
}

const named = /"user": ?"user\d+"/
const answers: Readonly<Record<string, RegExp>> = { "/anon": /^ok$/, "/may": /"(may|has)": ?true/ }

/**
 * A server that answers something else would be fast for nothing.
 *
 * @param lines a file whose first line is a Cookie header
 */
const checkPage = async (server: RunningServer, target: string, lines: string): Promise<void> => {
  const [cookie] = readFileSync(lines, "utf8").split("\n")
  const { answer = answers[target] ?? named, body, path } = server.pageAt(target)
  const { close, send } = client(server.port, 1)
  await send(path, answer, { body, cookie }).finally(close)
}
