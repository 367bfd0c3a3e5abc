/** Set-ups of the stores other than one PostgreSQL server. They start the same servers as the tests do. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import postgres from "postgres"
import { startPgbouncer } from "../test/rig/pgbouncer.ts"
import { type RedisServer, startRedis, startRedisCluster } from "../test/rig/redis-server.ts"
import { programs } from "../test/rig/services.ts"
import { cpuOfTree } from "./cpu-time.ts"
import { fillDatabase } from "./store.ts"

/** What a server of the bench gets. */
export interface Setup {
  readonly databaseUrl: string
  readonly env: Readonly<Record<string, string>>
  /** CPU time, in microseconds so far, of what was started beside PostgreSQL. */
  readonly cpu: () => number
  readonly stop: () => Promise<void>
}

/** How a set-up is started. */
export interface SetupKind {
  readonly start: (databaseUrl: string) => Promise<Setup>
  /** Of what it starts. */
  readonly version: () => Readonly<Record<string, string>>
}

const versionOf = (program: string | undefined): string => {
  const said = program === undefined ? "" : execFileSync(program, ["--version"], { encoding: "utf8" })
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? "unknown"
}

const pgbouncer = async (databaseUrl: string): Promise<Setup> => {
  const { hostname, port } = new URL(databaseUrl)
  // As many connections to PostgreSQL as without it.
  const bouncer = await startPgbouncer({ host: hostname, port: Number(port) }, "default_pool_size = 10")
  const cpu = () => cpuOfTree(bouncer.pid)
  return { databaseUrl: bouncer.through(databaseUrl), env: { POOLER: "1" }, cpu, stop: bouncer.stop }
}

/** How many sessions the other set-ups have in the table. */
const storedSessions = 100_000

/** The SQL that the documentation gives. */
const partitionedTable = (): string => {
  const page = readFileSync(new URL("../docs/scaling.md", import.meta.url), "utf8")
  const found = /```sql\n(CREATE TABLE django_session.*?)```/s.exec(page)?.[1]
  if (found === undefined) throw new Error("docs/scaling.md has no table with partitions")
  return found
}

/** In a database of its own on the same server. */
const partitions = async (databaseUrl: string): Promise<Setup> => {
  const admin = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  await admin`DROP DATABASE IF EXISTS partitioned`
  await admin`CREATE DATABASE partitioned`
  await admin.end()
  const url = new URL(databaseUrl)
  url.pathname = "/partitioned"
  const sql = postgres(url.href, { max: 1, onnotice: () => {} })
  await sql.unsafe(partitionedTable())
  await sql.end()
  await fillDatabase(url.href, storedSessions)
  return { databaseUrl: url.href, env: {}, cpu: () => 0, stop: async () => {} }
}

const redisWith = (databaseUrl: string, nodes: ReadonlyArray<RedisServer>, stop: () => Promise<void>): Setup => ({
  databaseUrl,
  env: { REDIS_URLS: nodes.map(({ url }) => url).join(",") },
  cpu: () => nodes.reduce((sum, { pid }) => sum + cpuOfTree(pid), 0),
  stop
})
const redis = async (databaseUrl: string): Promise<Setup> => {
  const server = await startRedis()
  return redisWith(databaseUrl, [server], server.stop)
}
const redisCluster = async (databaseUrl: string): Promise<Setup> => {
  const { nodes, stop } = await startRedisCluster()
  return redisWith(databaseUrl, nodes, stop)
}

const redisVersion = () => ({ Redis: versionOf(programs.redis()) })

export const setups = {
  pgbouncer: { start: pgbouncer, version: () => ({ PgBouncer: versionOf(programs.pgbouncer()) }) },
  partitions: { start: partitions, version: () => ({}) },
  redis: { start: redis, version: redisVersion },
  redisCluster: { start: redisCluster, version: redisVersion }
} satisfies Readonly<Record<string, SetupKind>>
