import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { slotOf } from "../../../../src/adapters/store/redis/connection/hash-slot.ts"
import { type RedisSessions, redisClusterSessions, redisSessions } from "../../../../src/adapters/store/redis.ts"
import type { SessionChange } from "../../../../src/core/effect.ts"
import type { SessionKey } from "../../../../src/core/session-key.ts"
import { patientRedis } from "../../../rig/patience.ts"
import { type RedisCluster, type RedisServer, startRedisCluster } from "../../../rig/redis-server.ts"
import { redisKinds, service } from "../../../rig/services.ts"
import { carriesALogin } from "../carried-login.ts"
import { freshKey } from "../session-calls.ts"
import { sessionStoreContract } from "../session-store-contract.ts"
import { userSessionStoreContract } from "../user-sessions-contract.ts"

const NOW = Date.UTC(2026, 0, 2)
const expiresAt = NOW + 86_400_000
/** Long enough for a busy machine to answer in it. */
const DEADLINE = 1.5
/** Longer than the deadline, so that the caller gets an error before the pause ends. */
const LONG_PAUSE = 2500

describe.skipIf(!service("redis").available).each(redisKinds())("on a cluster of %s", (kind) => {
  let cluster: RedisCluster
  let store: RedisSessions
  beforeAll(async () => {
    cluster = await startRedisCluster({ kind, timeoutMs: 20_000 })
    store = redisClusterSessions({ urls: cluster.urls.slice(0, 1), deadlineSeconds: DEADLINE })
  })
  afterAll(async () => {
    await store?.close()
    await cluster?.stop()
  })

  const commit = (change: SessionChange) => Effect.runPromise(store.commit(change, NOW))
  const load = (key: SessionKey) => Effect.runPromise(store.load(key, NOW))
  const nameOf = (key: SessionKey) => `:1:django.contrib.sessions.cache${key}`
  const holderOf = (key: SessionKey) => cluster.holderOf(nameOf(key))
  const other = (node: RedisServer) => cluster.nodes.find(({ port }) => port !== node.port)!
  const inserted = async (key = freshKey()) => {
    await commit({ _tag: "Insert", key, text: "{}", expiresAt })
    return key
  }
  const found = (text: string) => ({ _tag: "SessionFound", text, prefetched: undefined })
  const absent = { _tag: "SessionAbsent" }
  /** Two keys on two nodes. */
  const apart = async () => {
    const from = freshKey()
    const holder = await holderOf(from)
    for (;;) {
      const to = freshKey()
      const target = await holderOf(to)
      if (target.port !== holder.port) return { from, to, holder, target }
    }
  }
  const moving = (from: SessionKey, to: SessionKey, ifGone: "Insert" | "Refuse" = "Refuse") =>
    ({ _tag: "Move", from, was: "{}", to, text: '{"a":1}', expiresAt, ifGone }) as const
  const unavailable = async (effect: Effect.Effect<unknown, StoreUnavailable>) =>
    expect(await Effect.runPromise(Effect.flip(effect))).toBeInstanceOf(StoreUnavailable)

  sessionStoreContract("a Redis cluster", async () => {
    const own = redisClusterSessions({ urls: cluster.urls, deadlineSeconds: 20 })
    const bothSeen = async () => {
      const { from, to, holder } = await apart()
      await inserted(from)
      await commit(moving(from, to)).then(() => commit({ _tag: "Delete", key: to }))
      await inserted(from)
      await holder.ask("CLIENT", "PAUSE", "3000", "WRITE")
      const moved = Effect.runPromise(own.commit(moving(from, to), NOW))
      await expect.poll(() => load(to), { interval: 10 }).toEqual(found('{"a":1}'))
      expect(await load(from)).toEqual(found("{}"))
      expect((await moved)._tag).toBe("Committed")
      expect([await load(from), await load(to)]).toEqual([absent, found('{"a":1}')])
    }
    return { store: own, close: own.close, expiredVanish: true, failures: { atomicSwap: bothSeen } }
  })

  userSessionStoreContract("a Redis cluster", async () => {
    const store = redisClusterSessions({ ...patientRedis, urls: cluster.urls, userSessions: true })
    return { store, close: store.close, expiredVanish: true }
  })

  it("computes the slot of a key as Redis does", async () => {
    const [node] = cluster.nodes
    for (const key of [
      "123456789",
      "",
      "a",
      "{a}b",
      "a{b}c",
      "a{}b",
      "{}",
      "a{b",
      "a}b{c}d",
      "{{a}}",
      nameOf(freshKey())
    ])
      expect([key, slotOf(key)]).toEqual([key, await node?.ask("CLUSTER", "KEYSLOT", key)])
  })
  it("finds sessions on every node", async () => {
    const keys = await Promise.all(Array.from({ length: 30 }, () => inserted()))
    for (const key of keys) expect(await load(key)).toEqual(found("{}"))
    expect(new Set(await Promise.all(keys.map(async (key) => (await holderOf(key)).port))).size).toBe(3)
  })

  carriesALogin(() => store)
  /** A stored session whose slot holds nothing else. A node does not give away a slot of which it still has a key. */
  const insertedAlone = async () => {
    for (;;) {
      const key = await inserted()
      const node = await holderOf(key)
      if (Number(await node.ask("CLUSTER", "COUNTKEYSINSLOT", String(slotOf(nameOf(key))))) === 1) return key
    }
  }

  describe("while a slot moves to another node", () => {
    it("finds the session before, during and after the move", async () => {
      const key = await insertedAlone()
      const stays = freshKey()
      const source = await holderOf(key)
      const target = other(source)
      const slot = String(slotOf(nameOf(key)))
      const [sourceId, targetId] = [await source.ask("CLUSTER", "MYID"), await target.ask("CLUSTER", "MYID")]
      await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", String(sourceId))
      await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", String(targetId))
      expect(await load(key)).toEqual(found("{}"))
      await source.ask("MIGRATE", "127.0.0.1", String(target.port), nameOf(key), "0", "1000")
      expect(await load(key)).toEqual(found("{}"))
      expect(await commit({ _tag: "Update", key, was: "{}", text: "[1]", expiresAt })).toMatchObject({
        _tag: "Committed"
      })
      for (const node of cluster.nodes) await node.ask("CLUSTER", "SETSLOT", slot, "NODE", String(targetId))
      expect(await load(key)).toEqual(found("[1]"))
      expect(await load(key)).toEqual(found("[1]"))
      expect(await load(stays)).toEqual(absent)
      expect((await holderOf(key)).port).toBe(target.port)
      // A new client learns the new place, too.
      const fresh = redisClusterSessions({ ...patientRedis, urls: [source.url] })
      expect(await Effect.runPromise(fresh.load(key, NOW))).toEqual(found("[1]"))
      await fresh.close()
    })
  })

  it("deletes and renews sessions whose slot is moving", async () => {
    const [leaving, entering] = [await insertedAlone(), await insertedAlone()]
    for (const key of [leaving, entering]) {
      const source = await holderOf(key)
      const target = other(source)
      const slot = String(slotOf(nameOf(key)))
      const [sourceId, targetId] = [await source.ask("CLUSTER", "MYID"), await target.ask("CLUSTER", "MYID")]
      await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", String(sourceId))
      await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", String(targetId))
    }
    expect(await commit({ _tag: "Delete", key: leaving })).toEqual({ _tag: "Deleted" })
    const to = freshKey()
    expect(await commit(moving(entering, to, "Insert"))).toMatchObject({ _tag: "Committed", key: to })
    expect([await load(leaving), await load(entering), await load(to)]).toEqual([absent, absent, found('{"a":1}')])
    for (const key of [leaving, entering])
      for (const node of cluster.nodes) await node.ask("CLUSTER", "SETSLOT", String(slotOf(nameOf(key))), "STABLE")
  })

  describe("a move from node to node", () => {
    it("removes the new session if it cannot remove the old one", async () => {
      const { from, to, holder } = await apart()
      await inserted(from)
      await commit(moving(from, to)).then(() => commit({ _tag: "Delete", key: to }))
      await inserted(from)
      await holder.ask("CLIENT", "PAUSE", String(LONG_PAUSE), "WRITE")
      await unavailable(store.commit(moving(from, to), NOW))
      expect(await load(to)).toEqual(absent)
      await sleep(LONG_PAUSE)
      expect(await load(to)).toEqual(absent)
    })
    it("leaves no new session if the old one was deleted or changed at the same time", async () => {
      for (const meanwhile of [["DEL"], ["SET", "[2]"]] as const) {
        const { from, to, holder } = await apart()
        await inserted(from)
        await holder.ask("CLIENT", "PAUSE", "200", "WRITE")
        const [command, ...values] = meanwhile
        // The server executes this before the removal.
        const changed = holder.ask(command, nameOf(from), ...values)
        const moved = commit(moving(from, to))
        await changed
        expect(await moved).toEqual(command === "DEL" ? { _tag: "Gone" } : { _tag: "Changed", text: "[2]" })
        expect(await load(to)).toEqual(absent)
      }
    })
    it("never shows the new text under the old key", async () => {
      const { from, to } = await apart()
      await inserted(from)
      const seen = new Set<string>()
      let over = false
      const watching = (async () => {
        while (!over) {
          const answer = await load(from)
          seen.add(answer._tag === "SessionFound" ? answer.text : "")
        }
      })()
      expect(await commit(moving(from, to))).toMatchObject({ _tag: "Committed" })
      over = true
      await watching
      expect(seen).not.toContain('{"a":1}')
    })
    it("changes nothing if the target node accepts no writes", async () => {
      const { from, to, target } = await apart()
      await inserted(from)
      await target.ask("CLIENT", "PAUSE", String(LONG_PAUSE), "WRITE")
      await unavailable(store.commit(moving(from, to), NOW))
      expect(await load(from)).toEqual(found("{}"))
      await sleep(LONG_PAUSE)
      expect(await load(from)).toEqual(found("{}"))
    })
  })

  // Last: the cluster does not recover from it within the test.
  it("is unavailable for the sessions of a node that hangs, and serves those of other nodes", async () => {
    const { from: dead, to: alive, holder } = await apart()
    await inserted(dead)
    await inserted(alive)
    process.kill(holder.pid, "SIGSTOP")
    try {
      const start = performance.now()
      await unavailable(store.load(dead, NOW))
      expect(performance.now() - start).toBeLessThan(5000 * DEADLINE)
      expect(await load(alive)).toEqual(found("{}"))
      await unavailable(store.commit({ _tag: "Delete", key: dead }, NOW))
    } finally {
      process.kill(holder.pid, "SIGCONT")
    }
    await sleep(300)
    expect(await load(alive)).toEqual(found("{}"))
  })
})

describe("the options of the store on a Redis cluster", () => {
  it.each([
    { urls: [] },
    { urls: ["redis://a", "http://b"] },
    { urls: ["redis://a/1"] },
    { urls: ["redis://a"], keyPrefix: "a}b" },
    { urls: ["redis://a"], keyPrefix: "{}" }
  ])("are refused if they are invalid: %j", (options) => {
    expect(() => redisClusterSessions(options)).toThrow(expect.objectContaining({ _tag: "ConfigurationInvalid" }))
  })
  it("declare no atomic swap, unlike those of one server", () => {
    const [one, many] = [redisSessions(), redisClusterSessions({ ...patientRedis, urls: ["redis://a"] })]
    expect([one.capabilities.atomicSwap, many.capabilities.atomicSwap]).toEqual([true, false])
  })
})
