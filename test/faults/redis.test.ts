/** Every operation under every fault of Redis: the server, its replica, and the network in front of it. */
import { setTimeout as sleep } from "node:timers/promises"
import { type RedisSessions, redisSessions } from "latchkey/redis"
import { afterAll, beforeAll, describe, it } from "vitest"
import type { Site } from "../full-stack/site.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../rig/redis-server.ts"
import { longSuite, service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"
import {
  CommitGate,
  type Fault,
  outage,
  prepareWrites,
  readOnly,
  runFault,
  runFaultBetween,
  unnoticed,
  writesRefused
} from "./matrix.ts"
import { networkFaults, networkFaultsBetween } from "./network-faults.ts"
import { startFaultySite } from "./visitor.ts"

/** Replicas get their copy without a delay. */
const soon = ["--repl-diskless-sync-delay", "0"]

const services = [service("postgres"), service("redis"), longSuite()]

describe.skipIf(!services.every(({ available }) => available))("each operation, when Redis", () => {
  /** Has the users, and no fault. */
  let database: PostgresServer
  let server: RedisServer
  let replica: RedisServer
  let proxy: TcpProxy
  let stores: ReadonlyArray<RedisSessions> = []
  let site: Site
  /** Does not record the sessions of users: then a change is one command. */
  let plainSite: Site
  const gate = new CommitGate()
  const recordingGate = new CommitGate()

  beforeAll(async () => {
    database = await startPostgres()
    // What was acknowledged is in the log on the disk, so that it survives `kill -9`.
    server = await startRedis("--appendonly", "yes", "--appendfsync", "always", ...soon)
    replica = await startRedis(...soon)
    proxy = await startProxy(server)
    const recording = redisSessions({ url: proxy.through(server.url), userSessions: true })
    const plain = redisSessions({ url: proxy.through(server.url) })
    stores = [recording, plain]
    site = await startFaultySite({ url: database.url }, { sessions: () => recordingGate.store(recording) })
    const another = await database.createDatabase()
    plainSite = await startFaultySite({ url: another }, { sessions: () => gate.store(plain) })
  })
  afterAll(async () => {
    await site?.stop()
    await plainSite?.stop()
    for (const store of stores) await store.close()
    await proxy?.close()
    await replica?.stop()
    await server?.stop()
    await database?.stop()
  })

  const crash = async () => {
    await server.crash()
  }
  const shutDown = async () => {
    await server.ask("SHUTDOWN").catch(() => {})
    // Waits until the process has ended.
    await server.crash()
  }
  const crashAndStart = async () => {
    await server.crash()
    await server.startAgain()
  }
  const suspended = (row = outage): Fault => ({
    row,
    carriedOut: "perhaps",
    strike: () => server.suspend(),
    heal: () => server.resume()
  })

  const configure = (name: string, value: string) => server.ask("CONFIG", "SET", name, value)

  /** Makes `to` a replica, and waits until it has everything. */
  const hasAllOf = async (from: RedisServer, to: RedisServer) => {
    await to.ask("REPLICAOF", from.host, String(from.port))
    for (;;) {
      const own = String(await from.ask("INFO", "replication"))
      const others = String(await to.ask("INFO", "replication"))
      const offset = /master_repl_offset:(\d+)/.exec(own)?.[1]
      if (others.includes("master_link_status:up") && others.includes(`slave_repl_offset:${offset}`)) return
      await sleep(20)
    }
  }

  const faults: Readonly<Record<string, Fault>> = {
    "was killed (kill -9), and is not started again": {
      row: outage,
      carriedOut: "never",
      strike: crash,
      heal: () => server.startAgain()
    },
    "was killed (kill -9), and started again": { row: unnoticed, carriedOut: "never", strike: crashAndStart },
    "is shut down, and started again afterwards": {
      row: outage,
      carriedOut: "never",
      strike: shutDown,
      heal: () => server.startAgain()
    },
    "was restarted": {
      row: unnoticed,
      carriedOut: "never",
      strike: async () => {
        await shutDown()
        await server.startAgain()
      }
    },
    "is suspended (SIGSTOP)": suspended(),
    "answers no writes for a while (CLIENT PAUSE)": {
      // The list of a user's sessions is a script, which Redis counts as a write. A refresh reads after its probe, so it
      // may come behind a write on the same connection.
      row: { ...readOnly, list: 503, refresh: "200 or 503" },
      carriedOut: "perhaps",
      rounds: 1,
      strike: () => server.ask("CLIENT", "PAUSE", "8000", "WRITE"),
      heal: () => server.ask("CLIENT", "UNPAUSE")
    },
    "is a replica": {
      row: readOnly,
      carriedOut: "never",
      passwordMayChange: true,
      strike: async () => {
        await hasAllOf(server, replica)
        proxy.leadTo(replica)
        proxy.reset()
        await sleep(50)
      },
      heal: async () => {
        proxy.leadTo(server)
        proxy.reset()
        await sleep(50)
        await replica.ask("REPLICAOF", "NO", "ONE")
      }
    },
    "has no connection left": {
      row: outage,
      carriedOut: "never",
      strike: async () => {
        await configure("maxclients", "1")
        await server.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await sleep(50)
      },
      heal: () => configure("maxclients", "1000")
    },
    "has ended all connections": {
      row: unnoticed,
      carriedOut: "never",
      strike: async () => {
        await server.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await sleep(50)
      }
    },
    "has no memory left": {
      row: writesRefused,
      carriedOut: "never",
      passwordMayChange: true,
      strike: () => configure("maxmemory", "1"),
      heal: () => configure("maxmemory", "0")
    },
    "lacks the replicas that it must write to": {
      row: readOnly,
      carriedOut: "never",
      passwordMayChange: true,
      strike: () => configure("min-replicas-to-write", "1"),
      heal: () => configure("min-replicas-to-write", "0")
    },
    ...networkFaults(() => proxy)
  }
  it.each(Object.entries(faults))("%s", (_, fault) => runFault(site, fault))

  /** The keys of all sessions in Redis. */
  const sessionKeys = async () =>
    [await server.ask("KEYS", ":1:django.contrib.sessions.cache*")].flat().map((name) => String(name))

  const faultsBetween: Readonly<Record<string, Fault>> = {
    "was killed (kill -9)": { row: outage, carriedOut: "never", strike: crash, heal: () => server.startAgain() },
    "was killed (kill -9), and started again": {
      row: unnoticed,
      carriedOut: "never",
      strike: async () => {
        await crashAndStart()
        await sleep(50)
      }
    },
    "is suspended (SIGSTOP)": suspended(),
    ...networkFaultsBetween(() => proxy)
  }
  it.each(Object.entries(faultsBetween))("between reading and writing, %s", async (_, fault) => {
    if (fault.carriedOut === "always") await prepareWrites(plainSite, gate, 1)
    await runFaultBetween(plainSite, gate, fault, { sessionKeys })
  })
  it.each(Object.entries(faultsBetween))("between the ends of two other sessions, %s", (_, fault) =>
    runFaultBetween(site, recordingGate, { ...fault, of: ["endOthers"] }, { passing: 1, recordsSessions: true }))

  it("was killed (kill -9), and its replica takes its place, and back", async () => {
    const failOver = (from: RedisServer, to: RedisServer): Fault => ({
      row: readOnly,
      carriedOut: "never",
      passwordMayChange: true,
      strike: async () => {
        await hasAllOf(from, to)
        await from.crash()
        proxy.leadTo(to)
      },
      heal: () => to.ask("REPLICAOF", "NO", "ONE")
    })
    await runFault(site, failOver(server, replica))
    await server.startAgain()
    await runFault(site, failOver(replica, server))
    await replica.startAgain()
  })
})
