/**
 * Every operation while the store of the throttle is not available, with sessions and users on a database that has no
 * fault: only what checks a password is answered with 503. Afterwards every failure is counted that was counted before.
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import type { ThrottleOptions, ThrottleStore } from "latchkey"
import { memoryThrottle } from "latchkey/memory"
import { postgresThrottle } from "latchkey/postgres"
import { redisClusterThrottle, redisThrottle } from "latchkey/redis"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { passwordOf, type Site } from "../full-stack/site.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis, startRedisCluster } from "../rig/redis-server.ts"
import { longSuite, service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"
import { type Fault, type Row, runFault, type Status, unnoticed } from "./matrix.ts"
import { networkFaults } from "./network-faults.ts"
import { login, newVisitor, startFaultySite } from "./visitor.ts"

const isAvailable = [service("postgres"), service("redis")].every(({ available }) => available)
/** Otherwise each store gets one fault. */
const isLong = longSuite().available

/** What checks a password needs the throttle, and nothing else does. */
const checksPasswords = (status: Status): Row => ({
  ...unnoticed,
  login: status,
  password: status,
  reauthenticate: status
})

/** An attempt is counted before its password is checked, and settled before anything is stored. */
const faultOf = (status: Status, fault: Pick<Fault, "strike" | "heal">): Fault => ({
  ...fault,
  row: checksPasswords(status),
  carriedOut: "never"
})

/** Where failures are counted, and what is between it and the site. */
interface Started {
  readonly store: ThrottleStore
  readonly servers: ReadonlyArray<PostgresServer | RedisServer>
  /** Ends the connections. */
  readonly stop: () => Promise<unknown>
}

interface Place {
  readonly start: () => Promise<Started>
  /** The first one is part of `npm test`. */
  readonly faults: Readonly<Record<string, Fault>>
}

const suspension = (servers: () => ReadonlyArray<PostgresServer | RedisServer>): Fault =>
  faultOf(503, {
    strike: () => {
      for (const server of servers()) server.suspend()
    },
    heal: () => {
      for (const server of servers()) server.resume()
    }
  })

/** One server behind a proxy. What it has acknowledged is on the disk. */
const oneServer = <Server extends PostgresServer | RedisServer>(
  startServer: () => Promise<Server>,
  storeAt: (url: string) => Promise<ThrottleStore & { readonly close: () => Promise<void> }>,
  ownFaults: (server: () => Server) => Readonly<Record<string, Fault>> = () => ({})
): Place => {
  let proxy: TcpProxy
  let server: Server
  // An attempt is not sent again, so a fault that sessions do not notice may cost it a connection.
  const onNetwork = Object.entries(networkFaults(() => proxy)).map(([name, fault]) => {
    const { write } = fault.row
    return [name, faultOf(name.startsWith("is slow") || write !== 200 ? write : "200 or 503", fault)] as const
  })
  return {
    start: async () => {
      server = await startServer()
      proxy = await startProxy(server)
      const store = await storeAt(proxy.through(server.url))
      const stop = async () => {
        await store.close()
        await proxy.close()
      }
      return { store, servers: [server], stop }
    },
    faults: {
      ...Object.fromEntries(onNetwork),
      "was killed (kill -9), and is not started again": faultOf(503, {
        strike: () => server.crash(),
        heal: () => server.startAgain()
      }),
      "was killed (kill -9), and started again": faultOf("200 or 503", {
        strike: async () => {
          await server.crash()
          await server.startAgain()
        }
      }),
      "is suspended (SIGSTOP)": suspension(() => [server]),
      ...ownFaults(() => server)
    }
  }
}

const cluster = (): Place => {
  let nodes: ReadonlyArray<RedisServer> = []
  /** Resumed nodes take each other for lost until they have heard of each other. */
  const thenSound = ({ heal, strike }: Fault, status: Status): Fault =>
    faultOf(status, {
      strike,
      heal: async () => {
        await heal?.()
        for (const node of nodes)
          while (!String(await node.ask("CLUSTER", "INFO")).includes("cluster_state:ok")) await sleep(20)
      }
    })
  return {
    start: async () => {
      const started = await startRedisCluster()
      nodes = started.nodes
      const store = redisClusterThrottle({ urls: started.urls })
      return { store, servers: nodes, stop: store.close }
    },
    faults: {
      "is suspended (SIGSTOP)": thenSound(
        suspension(() => nodes),
        503
      ),
      // The keys of an attempt are on different nodes.
      "has a node that is suspended": thenSound(
        suspension(() => nodes.slice(0, 1)),
        "200 or 503"
      )
    }
  }
}

const places: Readonly<Record<string, Place>> = {
  PostgreSQL: oneServer(
    () => startPostgres({ synchronous_commit: "on" }),
    async (url) => {
      const store = postgresThrottle({ url })
      await store.createTables()
      return store
    }
  ),
  Redis: oneServer(
    () => startRedis("--appendonly", "yes", "--appendfsync", "always"),
    async (url) => redisThrottle({ url }),
    (server) => ({
      "has no memory left": faultOf(503, {
        strike: () => server().ask("CONFIG", "SET", "maxmemory", "1"),
        heal: () => server().ask("CONFIG", "SET", "maxmemory", "0")
      })
    })
  ),
  "Redis Cluster": cluster()
}

describe.skipIf(!isAvailable)("each operation, when the store of the throttle", () => {
  let database: PostgresServer
  beforeAll(async () => {
    database = await startPostgres()
    return database.stop
  })

  describe.each(Object.entries(places))("on %s", (_, { faults, start }) => {
    let started: Started
    /** Answers 503 while the store is not available. */
    let site: Site
    /** Counts in memory meanwhile. */
    let lenient: Site
    /** The key of the last attempt with a user name. */
    let lastAccount = ""

    beforeAll(async () => {
      started = await start()
      const { store } = started
      const noted: ThrottleStore = {
        ...store,
        take: (asks, now) => {
          lastAccount = asks.find(({ key }) => key.startsWith("account:"))?.key ?? lastAccount
          return store.take(asks, now)
        }
      }
      const siteWith = async (more: Pick<ThrottleOptions, "fallbackStore">) => {
        const throttle = { store: noted, network: { freeFailures: 100 }, ...more }
        return startFaultySite({ url: await database.createDatabase() }, { userSessions: true, settings: { throttle } })
      }
      site = await siteWith({})
      lenient = await siteWith({ fallbackStore: memoryThrottle() })
    })
    afterAll(async () => {
      await lenient?.stop()
      await site?.stop()
      await started?.stop()
      for (const server of started?.servers ?? []) await server.stop()
    })

    const failuresOf = async (key: string) => {
      const listed = started.store.list?.(Date.now(), [key]) ?? expect.fail("no list")
      return (await Effect.runPromise(listed))[0]?.failures
    }

    it.each(Object.entries(faults).slice(0, isLong ? undefined : 1))("%s", async (_, fault) => {
      const username = crypto.randomUUID()
      await site.auth.createUser({ username, password: passwordOf(username) })
      const victim = newVisitor(username)
      expect((await login(site, victim, "wrong")).status).toBe(401)
      const key = lastAccount
      const tenMinutes = { delays: [600], forgetSeconds: 1000 }
      await Effect.runPromise(started.store.take([{ key, policy: tenMinutes }], Date.now()))
      await runFault(site, fault)
      expect(await failuresOf(key), "nothing is forgotten").toBe(2)
      expect((await login(site, victim)).status, "the account still waits").toBe(401)
    })

    it.each(Object.entries(faults).slice(0, 1))("%s, and attempts are counted in memory meanwhile", (_, fault) =>
      runFault(lenient, { ...fault, row: unnoticed }))
  })
})
