/**
 * The first command of a process after a node of a Redis Cluster was lost, and another one has taken its place. The
 * process sent nothing meanwhile, so it still knows the lost node.
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../src/adapters/errors/errors.ts"
import { type RedisSessions, redisClusterSessions } from "../../src/adapters/store/redis.ts"
import type { SessionChange } from "../../src/core/effect.ts"
import type { SessionKey } from "../../src/core/session-key.ts"
import { absent, deleted, found, freshKey } from "../adapters/store/session-calls.ts"
import { type RedisCluster, type RedisServer, startRedisCluster } from "../rig/redis-server.ts"
import { longSuite, redisKinds, service } from "../rig/services.ts"

const isAvailable = [service("redis"), longSuite()].every(({ available }) => available)

describe.skipIf(!isAvailable).each(redisKinds())("after a failover of a cluster of %s", (kind) => {
  let cluster: RedisCluster
  /** A process that has noticed the failover. */
  let store: RedisSessions
  let holder: RedisServer
  let replica: RedisServer
  /** For each kind of command a process that has not, and a session on the lost node. */
  let idle = new Map<string, { readonly own: RedisSessions; readonly key: SessionKey }>()

  const commit = (own: RedisSessions, change: SessionChange) => Effect.runPromise(own.commit(change, Date.now()))
  const load = (own: RedisSessions, key: SessionKey) => Effect.runPromise(own.load(key, Date.now()))
  const soon = () => Date.now() + 3_600_000
  const insertion = (key: SessionKey) => ({ _tag: "Insert", key, text: "{}", expiresAt: soon() }) as const
  const open = () => redisClusterSessions({ urls: cluster.urls, userSessions: true })

  /** Each succeeds, or fails with what it throws. */
  const commands: Readonly<Record<string, (own: RedisSessions, key: SessionKey) => Promise<unknown>>> = {
    "reads a session": async (own, key) => expect(await load(own, key)).toEqual(found("{}")),
    "writes a session": async (own, key) => {
      const update = { _tag: "Update", key, was: "{}", text: "[1]", expiresAt: soon() } as const
      expect(await commit(own, update)).toMatchObject({ _tag: "Committed" })
      expect(await load(store, key)).toEqual(found("[1]"))
    },
    "makes a session": async (own, key) => {
      expect(await commit(store, { _tag: "Delete", key })).toEqual(deleted)
      expect(await commit(own, insertion(key))).toMatchObject({ _tag: "Committed" })
      expect(await load(store, key)).toEqual(found("{}"))
    },
    "ends a session": async (own, key) => {
      expect(await commit(own, { _tag: "Delete", key })).toEqual(deleted)
      expect(await load(store, key)).toEqual(absent)
    },
    "renews a key": async (own, key) => {
      const to = freshKey()
      const move = { _tag: "Move", from: key, was: "{}", to, text: "[2]", expiresAt: soon(), ifGone: "Refuse" } as const
      expect(await commit(own, move)).toMatchObject({ _tag: "Committed" })
      expect([await load(store, key), await load(store, to)]).toEqual([absent, found("[2]")])
    }
  }

  /** What each process got for its first command, if it was not the right answer. */
  const problemsOf = async (): Promise<Readonly<Record<string, unknown>>> => {
    const problems: Record<string, unknown> = {}
    await Promise.all(
      Object.entries(commands).map(async ([name, succeeds]) => {
        const { own, key } = idle.get(name)!
        await succeeds(own, key).catch((error: unknown) => {
          problems[name] = error
        })
      })
    )
    return problems
  }

  beforeAll(async () => {
    cluster = await startRedisCluster({ kind, replicas: true, timeoutMs: 1000 })
    store = open()
  })
  afterAll(async () => {
    await store?.close()
    await cluster?.stop()
  })

  const keyOn = async (node: RedisServer): Promise<SessionKey> => {
    for (;;) {
      const key = freshKey()
      if ((await cluster.holderOf(`:1:django.contrib.sessions.cache${key}`)).port === node.port) return key
    }
  }
  beforeEach(async () => {
    holder = await cluster.holderOf(freshKey())
    replica = await cluster.replicaOf(holder)
    for (const name of Object.keys(commands)) {
      const session = { own: open(), key: await keyOn(holder) }
      await commit(session.own, insertion(session.key))
      idle.set(name, session)
    }
    await cluster.caughtUp(holder, replica)
  })
  afterEach(async () => {
    await Promise.all([...idle.values()].map(({ own }) => own.close()))
    idle = new Map()
    // The lost node is the replica now. The next failover needs one that has everything.
    await cluster.caughtUp(replica, holder)
  })

  it("a process that sent nothing meanwhile succeeds with its first command", async () => {
    await holder.crash()
    await cluster.promoted(replica, holder)
    const problems = await problemsOf()
    await holder.startAgain()
    expect(problems).toEqual({})
  })

  it("a suspended node (SIGSTOP) changes nothing any more when it goes on, and at most answers what waited for it", async () => {
    const ended = await keyOn(holder)
    const late = open()
    await commit(late, insertion(ended))
    await cluster.caughtUp(holder, replica)
    holder.suspend()
    let problems: Readonly<Record<string, unknown>>
    let waiting: Promise<unknown>
    try {
      await cluster.promoted(replica, holder)
      problems = await problemsOf()
      expect(await commit(store, { _tag: "Delete", key: ended })).toEqual(deleted)
      waiting = load(late, ended)
      await sleep(50)
    } finally {
      holder.resume()
    }
    // The node does not know yet that it was replaced: docs/security.md says so.
    expect([absent, found("{}")]).toContainEqual(await waiting)
    await cluster.caughtUp(replica, holder)
    expect([await load(late, ended), await load(store, ended)]).toEqual([absent, absent])
    await late.close()

    // A read and a logout are sent again, to the new node. Any other write may have been carried out, and is not.
    const { "renews a key": perhaps, ...others } = problems
    expect(others).toEqual({
      "writes a session": expect.any(StoreUnavailable),
      "makes a session": expect.any(StoreUnavailable)
    })
    expect([undefined, "StoreUnavailable"]).toContain(perhaps instanceof Error ? perhaps.name : perhaps)
    const textsOf = async (name: string) => load(store, idle.get(name)!.key)
    expect([await textsOf("writes a session"), await textsOf("makes a session")]).toEqual([found("{}"), absent])
  })
})
