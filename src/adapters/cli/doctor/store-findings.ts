/** Judges the servers on which sessions and users are stored. */
import type { Diagnosis, PostgresFacts, RedisFacts, StoreFacts, StoreFailure } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"
import { tableFindings } from "./table-findings.ts"

export const storeFindings = ({ stores }: Diagnosis): ReadonlyArray<Finding> => [
  ...stores.filter((store) => nodeOf(store) === undefined).flatMap(ofStore),
  ...ofNodes(stores.filter((store) => nodeOf(store) !== undefined))
]

const nodeOf = (store: StoreFacts): string | undefined => ("node" in store ? store.node : undefined)

/** What several nodes of a cluster have in common is one finding. */
const ofNodes = (nodes: ReadonlyArray<StoreFacts>): ReadonlyArray<Finding> => {
  const found = nodes.flatMap((node) => ofStore(node).map((finding) => ({ node: nodeOf(node), finding })))
  const alike = Map.groupBy(found, ({ finding }) => JSON.stringify(finding))
  return [...alike.values()].flatMap((same) =>
    same.slice(0, 1).map(({ finding }) => ({
      ...finding,
      problem: `${finding.problem}; nodes of the cluster: ${same.map(({ node }) => node).join(", ")}`
    }))
  )
}

const ofStore = (store: StoreFacts): ReadonlyArray<Finding> => {
  if ("code" in store) return [unreachable(store)]
  return store.store === "redis"
    ? [...clock(store), ...redisFindings(store)]
    : [...clock(store), ...postgresFindings(store), ...tableFindings(store)]
}

/** PgBouncer refuses start-up parameters that it does not know with this code. */
const REFUSED_STARTUP = "08P01"

const unreachable = ({ code, pooler, reason, store }: StoreFailure): Finding => {
  const isPooler = store === "postgres" && code === REFUSED_STARTUP && pooler !== true
  return {
    code: isPooler ? "postgres.pooler" : `${store}.unreachable`,
    severity: "error",
    problem: isPooler
      ? "the server is a pooler in transaction mode, such as PgBouncer, and refuses the connection"
      : `${store === "postgres" ? "PostgreSQL" : "Redis"} does not answer (${code}: ${reason})`,
    effect: "every request that reads the session is answered with 503",
    remedy: isPooler
      ? "write pooler: true among the options of postgres()"
      : "start the server, or correct url and password",
    confidence: "certain"
  }
}

/** A session lives for at least minutes, so smaller differences do not matter. */
const CLOCK_SECONDS = 5

const clock = ({ clockAheadMs, store }: PostgresFacts | RedisFacts): ReadonlyArray<Finding> => {
  const seconds = Math.round(Math.abs(clockAheadMs) / 1000)
  return seconds < CLOCK_SECONDS
    ? []
    : [
        {
          code: "clock.skew",
          severity: "warning",
          problem: `the clock of the ${store === "redis" ? "Redis" : "PostgreSQL"} server is ${seconds} seconds ${clockAheadMs > 0 ? "ahead of" : "behind"} the clock here`,
          effect:
            "sessions and password-reset links end too early or too late; processes on different machines do not agree about it",
          remedy: "synchronise the clocks of both machines (NTP)",
          confidence: "likely"
        }
      ]
}

/** More expired sessions than this, and more than live ones: they are not being removed. */
const MANY_EXPIRED = 10_000

const poolerFindings = ({ isBehindPooler, pooler }: PostgresFacts): ReadonlyArray<Finding> => {
  if (pooler && isBehindPooler === false)
    return [
      {
        ...{ code: "postgres.no-pooler", severity: "warning", confidence: "certain" },
        problem: "pooler: true is set, but there is no pooler: the server itself accepts the connections",
        effect:
          "requests are slower, because no statement is prepared; statements have no time limit unless the login has one",
        remedy: "remove pooler: true from the options of postgres()"
      }
    ]
  if (!pooler && isBehindPooler === true)
    return [
      {
        ...{ code: "postgres.pooler", severity: "warning", confidence: "likely" },
        problem: "there is a pooler between the application and the server, but pooler: true is not set",
        effect:
          "in transaction mode, requests are answered with 503 when a prepared statement is not found; the limits that latchkey sets for a connection may not apply",
        remedy:
          "write pooler: true among the options of postgres(); if the pooler is in session mode and passes all start-up parameters on, nothing needs to be done"
      }
    ]
  return []
}

const postgresFindings = (facts: PostgresFacts): ReadonlyArray<Finding> => [
  ...poolerFindings(facts),
  ...(facts.isReadOnly
    ? [
        {
          ...{ code: "postgres.read-only", severity: "error", confidence: "certain" },
          problem: "the server refuses writes: it is a standby, or the database is read-only by default",
          effect: "no user can log in or out; requests that write the session are answered with 503",
          remedy:
            "connect to the primary server, or remove default_transaction_read_only from the database and the login"
        } satisfies Finding
      ]
    : []),
  ...(behindPooler(facts) && facts.isolation !== "read committed"
    ? [
        {
          ...{ code: "postgres.isolation", severity: "note", confidence: "likely" },
          problem: `behind the pooler, transactions are ${facts.isolation} by default`,
          effect: "requests are slower: after a conflict, latchkey sends each statement in a transaction of its own",
          remedy: "ALTER ROLE … SET default_transaction_isolation = 'read committed'"
        } satisfies Finding
      ]
    : []),
  ...(behindPooler(facts) && facts.statementTimeoutMs === 0
    ? [
        {
          ...{ code: "postgres.statement-timeout", severity: "warning", confidence: "possible" },
          problem: "behind the pooler, statements have no time limit: latchkey cannot set one there",
          effect: "a statement that waits for a lock keeps a connection of the pool, also after its request got a 503",
          remedy: "ALTER ROLE … SET statement_timeout = '1s'"
        } satisfies Finding
      ]
    : []),
  ...facts.defaults.filter(isSharp).map(
    (setting): Finding => ({
      ...{ code: "postgres.defaults", severity: "note", confidence: "possible" },
      problem: `the database or the login sets ${setting}`,
      effect: facts.pooler
        ? "latchkey corrects it for its statements, at the cost of a transaction for each"
        : "nothing for latchkey, which sets its own value; a Django on the same login may fail or read other dates",
      remedy: "remove it (ALTER DATABASE … RESET, ALTER ROLE … RESET), or set it only for the programs that need it"
    })
  ),
  ...(facts.expiredSessions >= MANY_EXPIRED && facts.expiredSessions > facts.liveSessions
    ? [
        {
          ...{ code: "sessions.expired", severity: "warning", confidence: "certain" },
          problem: `${atLeast(facts.expiredSessions)} expired sessions are stored, and ${atLeast(facts.liveSessions)} live ones`,
          effect: "nothing yet; the table grows and its backups with it",
          remedy: "run `npx latchkey clearsessions` once a day"
        } satisfies Finding
      ]
    : [])
]

const behindPooler = ({ isBehindPooler, pooler }: PostgresFacts): boolean => pooler && isBehindPooler !== false

/** Settings that change what statements mean or whether they may run, with the values that change nothing. */
const harmless: ReadonlyMap<string, RegExp> = new Map([
  ["datestyle", /^iso/i],
  ["default_transaction_isolation", /^read committed$/i],
  ["default_transaction_read_only", /^(off|false|no|0)$/i],
  ["default_transaction_deferrable", /^(off|false|no|0)$/i],
  ["standard_conforming_strings", /^(on|true|yes|1)$/i]
])

const isSharp = (setting: string): boolean => {
  const [name = "", value = ""] = setting.split("=")
  return harmless.get(name.toLowerCase())?.test(value) === false
}

const atLeast = (count: number): string =>
  count > 100_000 ? `more than ${(100_000).toLocaleString("en")}` : count.toLocaleString("en")

const redisFindings = (facts: RedisFacts): ReadonlyArray<Finding> => {
  const evicts = facts.maxMemoryBytes > 0 && facts.evictionPolicy !== "noeviction"
  return [
    ...(facts.isReplica
      ? [
          {
            ...{ code: "redis.replica", severity: "error", confidence: "certain" },
            problem: "the Redis server is a replica, which refuses writes",
            effect: "no user can log in or out; requests that write the session are answered with 503",
            remedy: "connect to the primary server"
          } satisfies Finding
        ]
      : []),
    ...(evicts && !facts.isCache
      ? [
          {
            code: "redis.eviction",
            severity: facts.evictedKeys > 0 ? "error" : "warning",
            problem: `Redis deletes keys when its memory is full (maxmemory-policy ${facts.evictionPolicy})${facts.evictedKeys > 0 ? `; it has deleted ${facts.evictedKeys.toLocaleString("en")} since its start` : ""}`,
            effect: "users are logged out at random when the memory is full",
            remedy: "set maxmemory-policy to noeviction, and watch the memory; or use cachedDbSessions with a database",
            confidence: facts.evictedKeys > 0 ? "certain" : "likely"
          } satisfies Finding
        ]
      : []),
    ...(facts.isPersistent === false && !facts.isCache
      ? [
          {
            ...{ code: "redis.persistence", severity: "warning", confidence: "certain" },
            problem: "Redis keeps nothing on disk (no append-only file, no snapshots)",
            effect: "every user is logged out when Redis restarts",
            remedy: "set appendonly to yes; or use cachedDbSessions with a database"
          } satisfies Finding
        ]
      : [])
  ]
}
