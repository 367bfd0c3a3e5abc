/**
 * A node of a cluster is killed, and the others elect its replica. What the replica has is there afterwards. The last
 * acknowledged requests may be lost, because replication is asynchronous: docs/security.md says so.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { type RedisSessions, redisClusterSessions } from "latchkey/redis"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { loggedIn, type Site, whoIs } from "../full-stack/site.ts"
import { type Browser, browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisCluster, type RedisServer, startRedisCluster } from "../rig/redis-server.ts"
import { longSuite, redisKinds, service } from "../rig/services.ts"
import { perhaps, runFault } from "./matrix.ts"
import { startFaultySite } from "./visitor.ts"

/** How long a node may be silent before the others elect its replica. */
const TIMEOUT_MS = 1000
/** Until the replica is elected: twice that, a second of chance, and the rest for a busy machine. */
const ELECTED_MS = 10_000
const https = { "x-forwarded-proto": "https" }

const services = [service("postgres"), service("redis"), longSuite()]
const isAvailable = services.every(({ available }) => available)

/** Has the users, and no fault. */
let database: PostgresServer
beforeAll(async () => {
  if (isAvailable) database = await startPostgres()
})
afterAll(() => database?.stop())

describe.skipIf(!isAvailable).each(redisKinds())("on a cluster of %s", (kind) => {
  let cluster: RedisCluster
  let store: RedisSessions
  let site: Site

  beforeAll(async () => {
    cluster = await startRedisCluster({ kind, replicas: true, timeoutMs: TIMEOUT_MS })
    store = redisClusterSessions({ urls: cluster.urls, userSessions: true })
    site = await startFaultySite({ url: await database.createDatabase() }, { sessions: () => store })
  })
  afterAll(async () => {
    await site?.stop()
    await store?.close()
    await cluster?.stop()
  })

  const holderOf = ({ jar }: Browser) => cluster.holderOf(`:1:django.contrib.sessions.cache${jar.get("sessionid")}`)
  const loggedInOn = async (username: string, isRight: (holder: RedisServer) => boolean): Promise<Browser> => {
    for (;;) {
      const visitor = await loggedIn(site, username)
      if (isRight(await holderOf(visitor))) return visitor
    }
  }
  const withCookies = (cookies: ReadonlyMap<string, string>): Browser => {
    const visitor = browser(https)
    for (const [name, value] of cookies) visitor.jar.set(name, value)
    return visitor
  }
  const statusFor = async (visitor: Browser) => (await visitor.get(site, "/me")).status

  it("no request is answered as anonymous while a replica is elected, and no session is lost", async () => {
    const holder = await holderOf(await loggedIn(site, "alice"))
    const replica = await cluster.replicaOf(holder)
    const alice = await loggedInOn("alice", ({ port }) => port === holder.port)
    const bob = await loggedInOn("bob", ({ port }) => port !== holder.port)
    const seen = new Set<number>()
    let killedAt = Number.NaN
    let over = false
    const watch = async () => {
      for (; !over; await sleep(20)) seen.add(await statusFor(alice))
    }
    let watching: Promise<void> | undefined
    try {
      await runFault(site, {
        row: perhaps,
        carriedOut: "perhaps",
        passwordMayChange: true,
        rounds: 1,
        strike: async () => {
          await cluster.caughtUp(holder, replica)
          killedAt = performance.now()
          await holder.crash()
          // The others have not noticed yet.
          expect([await statusFor(alice), await statusFor(bob)]).toEqual([503, 200])
          watching = watch()
        },
        heal: async () => {
          await cluster.promoted(replica, holder)
          expect(performance.now() - killedAt).toBeLessThan(ELECTED_MS)
          expect(await statusFor(alice)).toBe(200)
        }
      })
      // It has no session any more, and comes back as the replica.
      await holder.startAgain()
      await cluster.caughtUp(replica, holder)
    } finally {
      over = true
      await watching
    }
    expect([...seen].sort()).toEqual([200, 503])
  })

  it("a suspended node (SIGSTOP) is replaced, and what it does when it goes on changes no session", async () => {
    const holder = await holderOf(await loggedIn(site, "alice"))
    const replica = await cluster.replicaOf(holder)
    await runFault(site, {
      row: perhaps,
      carriedOut: "perhaps",
      passwordMayChange: true,
      rounds: 1,
      strike: async () => {
        await cluster.caughtUp(holder, replica)
        holder.suspend()
      },
      heal: async () => {
        try {
          await cluster.promoted(replica, holder)
        } finally {
          holder.resume()
        }
      }
    })
    await cluster.caughtUp(replica, holder)
  })

  it("may undo the last acknowledged logout if the replica does not have it", async () => {
    const alice = await loggedIn(site, "alice")
    const cookies = new Map(alice.jar)
    const holder = await holderOf(alice)
    const replica = await cluster.replicaOf(holder)
    await cluster.caughtUp(holder, replica)
    // With a wrong password it cannot connect again.
    await replica.ask("CONFIG", "SET", "masterauth", "wrong")
    await replica.ask("CLIENT", "KILL", "TYPE", "master")
    expect((await alice.post(site, "/logout")).status).toBe(200)
    expect(await whoIs(site, withCookies(cookies))).toBe(undefined)
    await holder.crash()
    expect(await statusFor(withCookies(cookies))).toBe(503)
    await cluster.promoted(replica, holder)
    const copy = withCookies(cookies)
    expect(await whoIs(site, copy)).toBe("alice")
    expect((await copy.post(site, "/logout")).status).toBe(200)
    expect(await whoIs(site, withCookies(cookies))).toBe(undefined)
  })
})
