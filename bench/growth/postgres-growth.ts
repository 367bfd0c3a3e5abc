/** Reads, logins and logouts beside tables of different sizes, in turns, so that other load on the machine meets all. */
import * as Effect from "effect/Effect"
import { postgres as stores } from "latchkey/postgres"
import postgres from "postgres"
import { type PostgresServer, startPostgres } from "../../test/rig/postgres-server.ts"
import { cpuOfTree } from "../cpu-time.ts"
import type { Server } from "../load.ts"
import { startKind } from "../servers.ts"
import { median } from "../statistics.ts"
import { postmasterOf } from "../store.ts"
import { addExpired, fillWithSessions, keyOf, randomSession, usernameOf } from "./stored-sessions.ts"
import { type Seen, type Visit, visitAll } from "./visits.ts"

/** What one kind of request took. */
export interface Cost {
  /** Milliseconds that a client waited: the medians of the rounds' quantiles. */
  readonly p50: number
  readonly p99: number
  /** Microseconds of CPU time for a request: of the application's process, and of all of PostgreSQL's. */
  readonly application: number
  readonly database: number
}

export interface SizeResult {
  readonly sessions: number
  /** What the table of sessions takes, and how much of that its indexes. */
  readonly bytes?: number
  readonly indexBytes?: number
  readonly read: Cost
  readonly login: Cost
  readonly logout: Cost
}

export interface ClearResult {
  readonly removed: number
  readonly seconds: number
  /** Seconds for each tenth of the rows: they grow if deleted rows slow the following batches. */
  readonly tenths: ReadonlyArray<number>
  readonly before: Cost
  readonly during: Cost
}

interface Measured extends Seen {
  readonly application: number
  readonly database: number
}

interface Site {
  readonly sessions: number
  readonly bytes: number
  readonly indexBytes: number
  readonly url: string
  readonly server: Server
}

const pages = ["read", "login", "logout"] as const

/** On a disk, because the memory should stay free. */
export const startGrowthServer = (): Promise<PostgresServer> => {
  const memory = { shared_buffers: "1GB", max_wal_size: "8GB", checkpoint_timeout: "1h", maintenance_work_mem: "512MB" }
  return startPostgres({ log_statement: "none", autovacuum: "on", ...memory }, undefined, 2 ** 40)
}

/** @param url of a database */
export const siteWith = async (url: string, sessions: number): Promise<Site> => {
  await fillWithSessions(url, sessions)
  const sql = postgres(url, { max: 1 })
  const [row] = await sql`SELECT pg_total_relation_size('django_session')::float8 AS bytes,
    pg_indexes_size('django_session')::float8 AS index_bytes`
  await sql.end()
  const server = await startKind("latchkey-node", url)
  if (typeof server === "string") throw new Error(server)
  return { sessions, bytes: Number(row?.["bytes"]), indexBytes: Number(row?.["index_bytes"]), url, server }
}

export const reads = (sessions: number, count: number): ReadonlyArray<Visit> =>
  Array.from({ length: count }, () => ({ path: "/me", cookie: `sessionid=${keyOf(randomSession(sessions))}` }))
const logins = (sessions: number, count: number): ReadonlyArray<Visit> =>
  Array.from({ length: count }, () => ({ path: `/login?user=${usernameOf(randomSession(sessions))}` }))

const measured = async ({ server }: Site, postmaster: number, visits: ReadonlyArray<Visit>): Promise<Measured> => {
  const before = [cpuOfTree(server.pid), cpuOfTree(postmaster)] as const
  const seen = await visitAll(server.port, visits, /"user":"user\d+"/)
  const [application, database] = [cpuOfTree(server.pid) - before[0], cpuOfTree(postmaster) - before[1]]
  return { ...seen, application: application / visits.length, database: database / visits.length }
}

const quantile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN

const costOf = (rounds: ReadonlyArray<Measured>): Cost => ({
  p50: median(rounds.map(({ milliseconds }) => quantile(milliseconds, 0.5))),
  p99: median(rounds.map(({ milliseconds }) => quantile(milliseconds, 0.99))),
  application: median(rounds.map(({ application }) => application)),
  database: median(rounds.map(({ database }) => database))
})

/**
 * The sizes, and the smallest of them again, in turns: what differs between these two is not because of the sessions.
 *
 * @param count requests of a kind in a round
 */
export const compareSizes = async (
  sites: ReadonlyArray<Site>,
  rounds: number,
  count: number
): Promise<{ readonly sizes: ReadonlyArray<SizeResult>; readonly again: SizeResult | undefined }> => {
  const postmaster = await postmasterOf(sites[0]?.url ?? "")
  const all = [...sites, ...sites.slice(0, 1)].map((site) => {
    const found: Record<(typeof pages)[number], Array<Measured>> = { read: [], login: [], logout: [] }
    return { site, found }
  })
  for (const { server, sessions } of sites) await visitAll(server.port, reads(sessions, count), /"user"/)
  for (let round = 0; round < rounds; round++)
    for (const { found, site } of round % 2 === 0 ? all : all.toReversed()) {
      found.read.push(await measured(site, postmaster, reads(site.sessions, count)))
      const login = await measured(site, postmaster, logins(site.sessions, Math.ceil(count / 3)))
      found.login.push(login)
      const logouts = login.cookies.map((cookie) => ({ path: "/logout", cookie }))
      found.logout.push(await measured(site, postmaster, logouts))
    }
  const results = all.map(({ found: { login, logout, read }, site: { bytes, indexBytes, sessions } }) => ({
    sessions,
    bytes,
    indexBytes,
    read: costOf(read),
    login: costOf(login),
    logout: costOf(logout)
  }))
  return { sizes: results.slice(0, sites.length), again: results[sites.length] }
}

/** Reads at random, before and while another process of the application removes expired sessions. */
export const clearBeside = async (site: Site, expired: number): Promise<ClearResult> => {
  const postmaster = await postmasterOf(site.url)
  const sql = postgres(site.url, { max: 1, onnotice: () => {} })
  await addExpired(sql, site.sessions, expired)
  await sql.end()
  const look = () => measured(site, postmaster, reads(site.sessions, 1000))
  const before = [await look(), await look(), await look()]
  const during: Array<Measured> = []
  let isDone = false
  const traffic = (async () => {
    while (!isDone) during.push(await look())
  })()
  const maintenance = stores({ url: site.url })
  const since = performance.now()
  const tenths: Array<number> = []
  let removed = 0
  try {
    while (removed < expired) {
      const at = performance.now()
      const count = await Effect.runPromise(maintenance.sessions.clearExpired(Date.now(), expired / 10))
      if (count === 0) break
      removed += count
      tenths.push((performance.now() - at) / 1000)
    }
  } finally {
    isDone = true
    await maintenance.close()
    await traffic
  }
  return {
    removed,
    seconds: (performance.now() - since) / 1000,
    tenths,
    before: costOf(before),
    during: costOf(during)
  }
}
