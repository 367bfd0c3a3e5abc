/** Every operation with sessions in a database and a cache in front, when one of the two is not available. */
import { cachedDbSessions } from "latchkey/cached-db"
import { type RedisSessions, redisSessions } from "latchkey/redis"
import { afterAll, beforeAll, describe, it } from "vitest"
import type { Site } from "../full-stack/site.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../rig/redis-server.ts"
import { longSuite, service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"
import { cacheRefuses, type Fault, outage, type Row, runFault, unnoticed } from "./matrix.ts"
import { networkFaults } from "./network-faults.ts"
import { startFaultySite } from "./visitor.ts"

/** As {@link cacheRefuses}, where some requests come late enough. */
const mayRefuse: Row = {
  ...unnoticed,
  login: "200 or 503",
  logout: "200 or 503",
  endOthers: "200 or 503",
  cycle: "200 or 503",
  password: "200 or 503",
  reauthenticate: "200 or 503"
}

const isAvailable = [service("postgres"), service("redis")].every(({ available }) => available)
/** Otherwise each of the two gets one fault. */
const isLong = longSuite().available

describe.skipIf(!isAvailable)("each operation, with a cache in front of the database, when", () => {
  let database: PostgresServer
  let cache: RedisServer
  let toDatabase: TcpProxy
  let toCache: TcpProxy
  let store: RedisSessions
  let site: Site

  beforeAll(async () => {
    database = await startPostgres({ synchronous_commit: "on" })
    cache = await startRedis()
    toDatabase = await startProxy(database)
    toCache = await startProxy(cache)
    store = redisSessions({
      url: toCache.through(cache.url),
      sessionPrefix: "django.contrib.sessions.cached_db"
    })
    site = await startFaultySite(
      { url: toDatabase.through(database.url) },
      { userSessions: true, sessions: (rows) => cachedDbSessions({ rows, cache: store }) }
    )
  })
  afterAll(async () => {
    await site?.stop()
    await store?.close()
    await toCache?.close()
    await toDatabase?.close()
    await cache?.stop()
    await database?.stop()
  })

  const ofCache: Readonly<Record<string, Fault>> = {
    ...networkFaults(() => toCache),
    "was killed (kill -9), and is not started again": {
      row: outage,
      carriedOut: "never",
      strike: () => cache.crash(),
      heal: () => cache.startAgain()
    },
    "was killed (kill -9), and started again without its entries": {
      row: unnoticed,
      carriedOut: "never",
      strike: async () => {
        await cache.crash()
        await cache.startAgain()
      }
    },
    "is suspended (SIGSTOP)": {
      row: outage,
      carriedOut: "never",
      strike: () => cache.suspend(),
      heal: () => cache.resume()
    }
  }
  /** What the fault of the cache is for the whole store. */
  const ofBoth = (name: string, { row, ...fault }: Fault): Fault => {
    // A key ends in three steps. Two of them need the cache, and each may wait for a connection that is lost.
    if (name.startsWith("has forgotten")) return { ...fault, row: mayRefuse, carriedOut: "perhaps" }
    return { ...fault, row: row === outage ? cacheRefuses : row, passwordMayChange: true }
  }

  it.each(Object.entries(ofCache).slice(0, isLong ? undefined : 1))("the cache %s", (name, fault) =>
    runFault(site, ofBoth(name, fault)))

  const ofDatabase: Readonly<Record<string, Fault>> = {
    ...networkFaults(() => toDatabase),
    "is suspended (SIGSTOP)": {
      row: outage,
      carriedOut: "perhaps",
      strike: () => database.suspend(),
      heal: () => database.resume()
    },
    "was killed (kill -9), and is not started again": {
      row: outage,
      carriedOut: "never",
      strike: () => database.crash(),
      heal: () => database.startAgain()
    }
  }
  it.each(Object.entries(ofDatabase).slice(0, isLong ? undefined : 1))("the database %s", (_, fault) =>
    runFault(site, fault))
})
