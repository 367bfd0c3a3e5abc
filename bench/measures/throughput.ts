/** Requests per second of pages: all servers that answer a page take turns of one second. */
import { readFileSync } from "node:fs"
import type { Comparison } from "../comparisons.ts"
import { cookiesOf } from "../cookies.ts"
import { measure, type Requests } from "../load.ts"
import { type RunningServer, startKind } from "../servers.ts"
import type { Store } from "../store.ts"
import { client } from "./clients.ts"
import { type Run, type Sample, turns } from "./findings.ts"

type Page = Extract<Comparison["measure"], { kind: "page" }>
type Row = Comparison & { readonly measure: Page }
const isRow = (comparison: Comparison): comparison is Row => comparison.measure.kind === "page"

export const hotSessions = 1000
export const randomSessions = 100_000

/** Until V8 has compiled what the page needs; on a slow machine one second is not enough. */
const warmUpTurns = 3

/** Rows on one framework, or with one set-up of the stores, share their servers. */
const frameworkOf = ({ ours }: Row) => /^latchkey-[a-z]+/.exec(ours)?.[0]
/** Rows with the same page share their turns, too. */
const pageOf = ({ measure: { sessions, target } }: Row) => `${target} ${sessions}`

/** Measures the rows that compare pages. */
export const measurePages = async (comparisons: ReadonlyArray<Comparison>, run: Run): Promise<void> => {
  for (const ofFramework of Map.groupBy(comparisons.filter(isRow), frameworkOf).values()) {
    const servers = lazyServers(run.store)
    try {
      for (const ofPage of Map.groupBy(ofFramework, pageOf).values()) await measurePage(ofPage, servers, run)
    } finally {
      await servers.stop()
    }
  }
}

interface Site {
  readonly server: RunningServer
  /** A file with the cookies of sessions that are read again and again. */
  readonly hot: () => Promise<string>
}

/** Servers that start when the first page needs them. */
const lazyServers = (store: Store) => {
  const sites = new Map<string, Promise<Site | string>>()
  const running: Array<RunningServer> = []
  const start = async (name: string): Promise<Site | string> => {
    const server = await startKind(name, store.url)
    if (typeof server === "string") return server
    running.push(server)
    let hot: Promise<string> | undefined
    return {
      server,
      hot: () => {
        hot ??= cookiesOf(server, hotSessions, store.file)
        return hot
      }
    }
  }
  return {
    /** @returns the server, or why there is none */
    get: (name: string): Promise<Site | string> => {
      const site = sites.get(name) ?? start(name)
      sites.set(name, site)
      return site
    },
    stop: async () => {
      for (const server of running) await server.stop()
    }
  }
}

const measurePage = async (rows: ReadonlyArray<Row>, servers: ReturnType<typeof lazyServers>, run: Run) => {
  const { found, leftOut, rounds, store } = run
  const [first] = rows
  if (first === undefined) return
  const page = first.measure
  await store.vacuum()
  const failures = new Map<string, string>()
  const samples = new Map<string, Array<Sample>>()
  const round = new Map<string, () => Promise<Sample>>()
  const attempt = async (name: string, what: () => Promise<void>) => {
    if (failures.has(name)) return
    await what().catch((error: unknown) => failures.set(name, String(error)))
  }
  const names = [...new Set(rows.flatMap(({ ours, theirs }) => [ours, theirs]))]
  for (const name of names)
    await attempt(name, async () => {
      const site = await servers.get(name)
      if (typeof site === "string") throw new Error(site)
      if (page.target !== "/login") await checkPage(site.server, page.target, store)
      const turn = await turnOf(site, page, store)
      for (let done = 0; done < warmUpTurns; done++) await turn()
      round.set(name, turn)
      samples.set(name, [])
    })
  // Each session is made by a login first, so these rounds take much longer.
  for (const order of turns(names, page.sessions === "fresh" ? Math.min(rounds, 5) : rounds))
    for (const name of order)
      await attempt(name, async () => {
        const turn = round.get(name)
        // One request that failed must not cost the row: the turn is taken again, once.
        if (turn !== undefined) samples.get(name)?.push(await turn().catch(turn))
      })
  for (const comparison of rows) {
    const why = failures.get(comparison.ours) ?? failures.get(comparison.theirs)
    if (why !== undefined) leftOut(comparison, why)
    else found({ comparison, ours: samples.get(comparison.ours) ?? [], theirs: samples.get(comparison.theirs) ?? [] })
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

/** @returns one second of load on this page */
const turnOf = async (
  { hot, server }: Site,
  { sessions, target }: Page,
  store: Store
): Promise<() => Promise<Sample>> => {
  const { body, path } = server.pageAt(target)
  const send = (requests: Requests) => {
    const stores = () => store.cpu() + server.besides()
    const before = stores()
    const { count, cpu, perSecond } = measure(server, requests, 1)
    return { count, sample: { value: perSecond, cpu, database: (stores() - before) / count } }
  }
  if (target === "/login") {
    const requests: Requests = server.postsLogins
      ? { lines: store.loginBodies(), order: "in turn", target: path, each: "body" }
      : { lines: store.logins(server.prefix), order: "in turn", target: undefined }
    return async () => send(requests).sample
  }
  if (sessions !== "fresh") {
    const lines = sessions === "random" ? store.cookies(randomSessions) : await hot()
    return async () => send({ lines, order: "random", target: path, body }).sample
  }
  let enough = 1000
  return async () => {
    for (;;) {
      const lines = await cookiesOf(server, enough, store.file)
      const { count, sample } = send({ lines, order: "in turn", target: path, body })
      if (count <= enough) return sample
      enough = Math.ceil(count * 1.25) // some sessions were used twice: again, with more of them
    }
  }
}
