import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ConfigurationInvalid, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { ThrottleStore } from "../../../../src/adapters/ports/throttle-store.ts"
import { makeCluster } from "../../../../src/adapters/store/redis/connection/cluster.ts"
import { RedisFailure } from "../../../../src/adapters/store/redis/connection/redis-failure.ts"
import { makeNode } from "../../../../src/adapters/store/redis/connection/redis-node.ts"
import type { Access } from "../../../../src/adapters/store/redis/connection/redis-server.ts"
import { oneServer, type Servers } from "../../../../src/adapters/store/redis/connection/servers.ts"
import { makeThrottle } from "../../../../src/adapters/store/redis/redis-throttle.ts"
import { type RedisThrottle, redisClusterThrottle, redisThrottle } from "../../../../src/adapters/store/redis.ts"
import { policyOf } from "../../../../src/core/throttle/throttle.ts"
import { throttlePromises } from "../../../../src/testing/index.ts"
import { patientRedis } from "../../../rig/patience.ts"
import { type RedisCluster, type RedisServer, startRedisCluster, startServer } from "../../../rig/redis-server.ts"
import { redisKinds, service } from "../../../rig/services.ts"
import { takenByProcesses, throttleStoreContract } from "../throttle-contract.ts"

const run = Effect.runPromise
const policy = policyOf({ freeFailures: 3, maximumSeconds: 10, forgetSeconds: 100 })
const asksOf = (keys: ReadonlyArray<string>) => keys.map((key) => ({ key, policy }))
const close = (store: ThrottleStore) => ("close" in store ? (store as RedisThrottle).close() : undefined)
const access: Access = { username: undefined, password: undefined, database: 0, tls: undefined, ...patientRedis }

/** Scripts run with a clock that the test sets: Redis has no way to set its own. */
const withClock = (servers: Servers) => {
  let now = 0
  const settable: Servers = {
    ...servers,
    run: (key, command, repeatable) => {
      const [name, text = "", ...rest] = command
      if (name === "EVALSHA") return Promise.reject(new RedisFailure({ code: "NOSCRIPT", lost: false }))
      const time = `{'${Math.floor(now / 1000)}', '${(now % 1000) * 1000}'}`
      const script = text.replaceAll("redis.call('TIME')", time)
      if (name === "EVAL" && script === text) throw new Error("the script does not read the clock")
      return servers.run(key, name === "EVAL" ? [name, script, ...rest] : command, repeatable)
    }
  }
  return (isCluster: boolean): ThrottleStore => {
    const store = makeThrottle(settable, "clock:", 1, isCluster)
    const at = (instant: number) =>
      Effect.sync(() => {
        now = instant
      })
    return {
      take: (asks, instant) => Effect.andThen(at(instant), store.take(asks, instant)),
      settle: store.settle,
      list: (instant, keys) => Effect.andThen(at(instant), store.list?.(instant, keys) ?? Effect.succeed([]))
    }
  }
}

const attemptsOn = (
  name: string,
  start: () => Promise<{ readonly url: string; readonly stop: () => Promise<void> }>
) => {
  let server: Awaited<ReturnType<typeof start>>
  const isCluster = name === "a Redis cluster"
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server?.stop())
  const make = (options: { readonly keyPrefix?: string } = {}) =>
    isCluster
      ? redisClusterThrottle({ ...patientRedis, urls: [server.url], ...options })
      : redisThrottle({ ...patientRedis, url: server.url, ...options })
  const unreachable = () =>
    isCluster ? redisClusterThrottle({ urls: ["redis://127.0.0.1:1"] }) : redisThrottle({ url: "redis://127.0.0.1:1" })

  throttleStoreContract(name, make, { close, unreachable })

  it("answers every series of calls as the store in memory, at every instant", async () => {
    const node = makeNode({ host: "127.0.0.1", port: Number(new URL(server.url).port) }, access)
    const servers = isCluster ? makeCluster([node.address], access) : oneServer(node)
    const store = withClock(servers)(isCluster)
    const [first] = throttlePromises(() => store, { clock: "given", series: 100 })
    await first?.check()
    await Promise.all([servers.close(), node.close()])
  })

  it("counts the attempts of two processes exactly", async () => {
    const kind = isCluster ? "cluster" : "redis"
    expect(await takenByProcesses(kind, server.url, { processes: 2, attempts: 40, free: 30 })).toBe(30)
  })

  it("lists its own keys, those that wait longest first, and no other", async () => {
    const store = make({ keyPrefix: "a[b]*:" })
    const neighbour = make({ keyPrefix: "ab:" })
    await run(neighbour.take(asksOf(["account:neighbour"]), 0))
    for (let at = 0; at < 250; at++) await run(store.take(asksOf([`network:${at}`]), 0))
    for (let at = 0; at < 3; at++) await run(store.take(asksOf(["account:waits"]), 0))
    const listed = await run(store.list?.(0) ?? Effect.die("no list"))
    expect(listed).toHaveLength(251)
    expect(listed[0]).toMatchObject({ key: "account:waits", failures: 3 })
    expect(await run(store.list?.(0, ["network:7", "account:x"]) ?? Effect.die("no list"))).toMatchObject([
      { key: "network:7", failures: 1 }
    ])
    await Promise.all([store.close(), neighbour.close()])
  })

  it("lists thousands of keys", async () => {
    const store = make({ keyPrefix: "many:" })
    const keys = Array.from({ length: 3000 }, (_, at) => `network:${at}`)
    for (let from = 0; from < keys.length; from += 500)
      await Promise.all(keys.slice(from, from + 500).map((key) => run(store.take(asksOf([key]), 0))))
    const listed = await run(store.list?.(0) ?? Effect.die("no list"))
    expect(listed).toHaveLength(1000)
    expect(await run(store.list?.(0, keys) ?? Effect.die("no list"))).toHaveLength(1000)
    await store.close()
  })

  return { make }
}

describe.skipIf(!service("redis").available).each(redisKinds())("the throttle store on %s", (kind) => {
  let server: RedisServer
  const { make } = attemptsOn("Redis", async () => {
    server = await startServer(kind)
    return server
  })

  it("is one script for an attempt, and one to settle it", async () => {
    const store = make()
    await run(store.take(asksOf(["network:a", "account:a"]), 0))
    await run(store.settle([{ _tag: "Reset", key: "account:a" }]))
    const calls = async () => /cmdstat_evalsha:calls=(\d+)/.exec(String(await server.ask("INFO", "commandstats")))?.[1]
    const before = Number(await calls())
    await run(store.take(asksOf(["network:a", "account:a"]), 0))
    expect(Number(await calls())).toBe(before + 1)
    await run(
      store.settle([
        { _tag: "TakeBack", key: "network:a", until: 0 },
        { _tag: "Reset", key: "account:a" }
      ])
    )
    expect(Number(await calls())).toBe(before + 2)
    await store.close()
  })

  it("leaves every key with the time after which it is forgotten", async () => {
    const store = make({ keyPrefix: "live:" })
    const [taken] = await run(store.take(asksOf(["account:a"]), 0))
    await run(store.take(asksOf(["account:a"]), 0))
    await run(store.settle([{ _tag: "TakeBack", key: "account:a", until: taken?.until ?? 0 }]))
    expect(Number(await server.ask("PTTL", "live:account:a"))).toBeGreaterThan(95_000)
    expect(Number(await server.ask("PTTL", "live:account:a"))).toBeLessThanOrEqual(100_000)
    await run(store.settle([{ _tag: "Reset", key: "account:a" }]))
    expect(await server.ask("EXISTS", "live:account:a")).toBe(0)
    await store.close()
  })

  it("is unavailable while the server is silent, and after a value of another type", async () => {
    const store = redisThrottle({ url: server.url, deadlineSeconds: 1, keyPrefix: "other:" })
    await run(store.take(asksOf(["account:a"]), 0))
    await server.ask("CLIENT", "PAUSE", "2500", "ALL")
    expect(await run(Effect.flip(store.take(asksOf(["account:a"]), 0)))).toBeInstanceOf(StoreUnavailable)
    await server.ask("SADD", "other:account:set", "a")
    expect(await run(Effect.flip(store.take(asksOf(["account:set"]), 0)))).toBeInstanceOf(StoreUnavailable)
    await server.ask("SET", "other:account:text", "text")
    expect((await run(store.take(asksOf(["account:text"]), 0)))[0]?._tag).toBe("Taken")
    await store.close()
  })

  it("refuses options that it does not have", () => {
    expect(() => redisThrottle(Object({ prefix: "a" }))).toThrow(ConfigurationInvalid)
    expect(() => redisThrottle({ url: "http://127.0.0.1" })).toThrow("url: must be of the form redis[s]://")
    expect(() => redisClusterThrottle(Object({}))).toThrow("urls is missing")
    expect(() => redisClusterThrottle({ urls: ["redis://127.0.0.1/1"] })).toThrow("only database 0")
  })
})

describe.skipIf(!service("redis").available)("the throttle store on a Redis cluster", () => {
  let cluster: RedisCluster
  const { make } = attemptsOn("a Redis cluster", async () => {
    cluster = await startRedisCluster()
    return { url: cluster.urls[0] ?? "", stop: cluster.stop }
  })

  it("counts no key of an attempt that a lost node prevents", async () => {
    const store = redisClusterThrottle({ urls: cluster.urls, deadlineSeconds: 1 })
    const name = (key: string) => `latchkey:throttle:${key}`
    const holder = async (key: string) => (await cluster.holderOf(name(key))).port
    const network = `network:${crypto.randomUUID()}`
    let account = ""
    do account = `account:${crypto.randomUUID()}`
    while ((await holder(account)) === (await holder(network)))
    await run(store.take(asksOf([network, account]), 0))
    const node = await cluster.holderOf(name(account))
    await node.ask("CLIENT", "PAUSE", "2500", "ALL")
    expect(await run(Effect.flip(store.take(asksOf([network, account]), 0)))).toBeInstanceOf(StoreUnavailable)
    expect(await run(store.list?.(0, [network]) ?? Effect.die("no list"))).toMatchObject([{ failures: 1 }])
    await store.close()
  })

  it("is told of an option by its name", () => {
    expect(() => make({ ...Object({ prefix: "a" }) })).toThrow("redisClusterThrottle.prefix")
  })
})
