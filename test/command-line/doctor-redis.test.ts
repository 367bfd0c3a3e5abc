/** What `latchkey doctor` finds on a Redis server: each fault is made on a real server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { findings } from "../../src/adapters/cli/doctor/findings.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { cachedDbSessions } from "../../src/adapters/store/cached-db.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { redisClusterSessions, redisSessions } from "../../src/adapters/store/redis.ts"
import { type RedisServer, startRedis, startRedisCluster } from "../rig/redis-server.ts"
import { service } from "../rig/services.ts"

describe.skipIf(!service("redis").available)("doctor, on Redis", () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis("--appendonly", "yes")
  })
  afterAll(() => server?.stop())

  const diagnose = async (url: string | ReadonlyArray<string> = server.url, { isCache = false, ahead = 0 } = {}) => {
    const redis = typeof url === "string" ? redisSessions({ url }) : redisClusterSessions({ urls: url })
    const { sessions, users } = memory()
    try {
      const auth = createAuth({
        secretKey: "s",
        sessions: isCache ? cachedDbSessions({ rows: sessions, cache: redis }) : redis,
        backends: { model: modelBackend(users) },
        hashers: [pbkdf2Sha256({ iterations: 1 })],
        clockAndRandom: { now: () => Date.now() + ahead }
      })
      return findings({
        ...(await auth.diagnose()),
        settings: [],
        secretKeys: { problems: [], warnings: [] },
        throttle: undefined
      })
    } finally {
      await redis.close()
    }
  }
  const codes = async (...args: Parameters<typeof diagnose>) =>
    (await diagnose(...args)).map(({ code, confidence, severity }) => [code, severity, confidence])
  const configured = async (name: string, value: string, use: () => Promise<void>) => {
    const [, before] = Object.values(Object((await server.ask("CONFIG", "GET", name)) ?? []))
    await server.ask("CONFIG", "SET", name, value)
    await use()
    await server.ask("CONFIG", "SET", name, String(before))
  }

  it("finds nothing on a server that keeps its data", async () => {
    expect(await diagnose()).toEqual([])
  })

  it("finds a server that does not answer", async () => {
    expect(await codes("redis://127.0.0.1:1")).toEqual([["redis.unreachable", "error", "certain"]])
  })

  it("finds that sessions are lost with a restart, unless a database has them too", async () => {
    await configured("appendonly", "no", async () => {
      expect(await codes()).toEqual([["redis.persistence", "warning", "certain"]])
      expect(await codes(server.url, { isCache: true })).toEqual([])
      await configured("save", "3600 1", async () => {
        expect(await codes()).toEqual([])
      })
    })
  })

  it("finds that sessions may be deleted for lack of memory, and whether that has happened", async () => {
    const other = await startRedis("--appendonly", "yes", "--maxmemory", "3mb", "--maxmemory-policy", "volatile-lru")
    try {
      expect(await codes(other.url)).toEqual([["redis.eviction", "warning", "likely"]])
      for (let i = 0; i < 40; i++) await other.ask("SET", `k${i}`, "x".repeat(100_000), "EX", "1000")
      expect(await codes(other.url)).toEqual([["redis.eviction", "error", "certain"]])
      expect(await codes(other.url, { isCache: true })).toEqual([])
      await other.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
      expect(await codes(other.url)).toEqual([])
    } finally {
      await other.stop()
    }
  })

  it("finds a replica", async () => {
    const other = await startRedis("--appendonly", "yes", "--replicaof", `127.0.0.1 ${server.port}`)
    try {
      expect(await codes(other.url)).toContainEqual(["redis.replica", "error", "certain"])
    } finally {
      await other.stop()
    }
  })

  it("asks every primary node of a cluster, and names those with a fault", async () => {
    const cluster = await startRedisCluster()
    const [first, second, third] = cluster.nodes
    if (first === undefined || second === undefined || third === undefined) throw new Error("too few nodes")
    try {
      for (const node of cluster.nodes) await node.ask("CONFIG", "SET", "appendonly", "yes")
      expect(await diagnose(cluster.urls)).toEqual([])
      await third.ask("CONFIG", "SET", "maxmemory", "100mb")
      await third.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
      await first.ask("CONFIG", "SET", "appendonly", "no")
      await second.ask("CONFIG", "SET", "appendonly", "no")
      const found = await diagnose(cluster.urls)
      expect(found.map(({ code }) => code).sort()).toEqual(["redis.eviction", "redis.persistence"])
      const nodesOf = (code: string) =>
        found
          .find((one) => one.code === code)
          ?.problem.match(/127\.0\.0\.1:\d+/g)
          ?.sort()
      const named = (...nodes: ReadonlyArray<RedisServer>) => nodes.map(({ port }) => `127.0.0.1:${port}`).sort()
      expect(nodesOf("redis.eviction")).toEqual(named(third))
      expect(nodesOf("redis.persistence")).toEqual(named(first, second))
      process.kill(third.pid, "SIGSTOP")
      expect(await diagnose(cluster.urls)).toContainEqual(
        expect.objectContaining({ code: "redis.unreachable", problem: expect.stringContaining(`:${third.port}`) })
      )
      process.kill(third.pid, "SIGCONT")
    } finally {
      await cluster.stop()
    }
  })

  it("finds clocks that differ", async () => {
    const [one, ...more] = await diagnose(server.url, { ahead: 60_000 })
    expect(more).toEqual([])
    expect(one?.problem).toBe("the clock of the Redis server is 60 seconds behind the clock here")
  })

  it("says nothing about persistence if the login may not read the configuration", async () => {
    await server.ask("ACL", "SETUSER", "limited", "on", ">pw", "~*", "+@all", "-config")
    await configured("appendonly", "no", async () => {
      expect(await codes(`redis://limited:pw@127.0.0.1:${server.port}`)).toEqual([])
    })
  })
})
