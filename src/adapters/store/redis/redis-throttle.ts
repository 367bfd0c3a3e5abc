import * as Effect from "effect/Effect"
import type { Taken } from "../../../core/throttle/throttle.ts"
import { checkOptions, string, strings } from "../../options/option-kinds.ts"
import type { StoreFailure, ThrottleStoreFacts } from "../../ports/diagnosis.ts"
import {
  mostThrottledListed,
  type ThrottleAsk,
  type ThrottleChange,
  type ThrottledKey,
  type ThrottleStore
} from "../../ports/throttle-store.ts"
import { makeCluster } from "./connection/cluster.ts"
import { makeExamine } from "./connection/examine-redis.ts"
import { accessKinds, accessTo, accessToCluster, type RedisAccess } from "./connection/redis-access.ts"
import type { Reply } from "./connection/redis-connection.ts"
import { unexpected } from "./connection/redis-failure.ts"
import { makeNode } from "./connection/redis-node.ts"
import { attempt, evaluate, oneServer, type Servers } from "./connection/servers.ts"
import * as Scripts from "./scripts/throttle-scripts.ts"

/** The options of {@link redisThrottle}. */
export interface RedisThrottleOptions extends RedisAccess {
  /** `redis[s]://[[user]:password@]host[:port][/database]`. Default: the server on this machine. */
  readonly url?: string | undefined
  /** The text before each key. Default: `latchkey:throttle:`. */
  readonly keyPrefix?: string
}

/** The options of {@link redisClusterThrottle}. */
export interface RedisClusterThrottleOptions extends Omit<RedisThrottleOptions, "url"> {
  /**
   * URLs of some nodes; the others are found through them. User, password and encryption are taken from the first one.
   */
  readonly urls: ReadonlyArray<string>
}

/** A throttle store on Redis. */
export interface RedisThrottle extends ThrottleStore {
  /** Waits for the commands that are running, then closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * Counts failed attempts in one Redis or Valkey server, by the server's clock, so that all processes count together. An
 * attempt is one script for all its keys. Redis removes keys whose failures are forgotten.
 *
 * @throws {ConfigurationInvalid}
 */
export const redisThrottle = (options: RedisThrottleOptions = {}): RedisThrottle => {
  checkOptions(options, { ...accessKinds, url: string, keyPrefix: string }, "redisThrottle.")
  const { url = "redis://127.0.0.1" } = options
  const { access, locations } = accessTo([url], options)
  const servers = oneServer(makeNode(locations[0], access))
  return { ...makeThrottle(servers, prefixOf(options), access.deadlineSeconds, false), close: servers.close }
}

/**
 * Counts failed attempts in a Redis Cluster. Each key has its own slot, so an attempt is one script for each of its
 * keys, one after the other.
 *
 * @throws {ConfigurationInvalid}
 */
export const redisClusterThrottle = (options: RedisClusterThrottleOptions): RedisThrottle => {
  checkOptions(options, { ...accessKinds, urls: strings, keyPrefix: string }, "redisClusterThrottle.", ["urls"])
  const { access, locations } = accessToCluster(options.urls, options)
  const servers = makeCluster(locations, access)
  return { ...makeThrottle(servers, prefixOf(options), access.deadlineSeconds, true), close: servers.close }
}

const prefixOf = ({ keyPrefix = "latchkey:throttle:" }: Pick<RedisThrottleOptions, "keyPrefix">): string =>
  bytesOf(keyPrefix)

/** How many keys are read at the same time. */
const batch = 100

/** @param isCluster whether keys may be on different nodes: then each script gets one key */
export const makeThrottle = (
  servers: Servers,
  prefix: string,
  deadlineSeconds: number,
  isCluster: boolean
): ThrottleStore => {
  const nameOf = (key: string): string => prefix + bytesOf(key)
  /** The keys of one script each, at most so many. */
  const groupsOf = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<readonly [A, ...ReadonlyArray<A>]> => {
    const step = isCluster ? 1 : size
    return items.flatMap((first, at) => (at % step === 0 ? [[first, ...items.slice(at + 1, at + step)] as const] : []))
  }

  const take = async (servers: Servers, asks: ReadonlyArray<ThrottleAsk>): Promise<ReadonlyArray<Taken>> => {
    const answers: Array<Taken> = []
    try {
      for (const group of groupsOf(asks, asks.length)) {
        const values = group.flatMap(({ policy }) => [policy.delays.join(","), String(policy.forgetSeconds)])
        const reply = await evaluate(servers, Scripts.take, namesOf(group), values, "once")
        for (const one of listIn(reply)) answers.push(takenOf(one))
        if (answers.at(-1)?._tag !== "Taken") break
      }
      return answers
    } catch (cause) {
      // The attempt is not made, so it must not count for the keys on other nodes.
      const counted = answers.flatMap(({ _tag, until }, at) => {
        const key = asks[at]?.key
        return _tag === "Taken" && key !== undefined ? [{ _tag: "TakeBack" as const, key, until }] : []
      })
      await settle(servers.lasting ?? servers, counted).catch(() => {})
      throw cause
    }
  }

  const settle = async (servers: Servers, changes: ReadonlyArray<ThrottleChange>): Promise<void> => {
    for (const group of groupsOf(changes, changes.length)) {
      const values = group.map((change) => (change._tag === "Reset" ? "" : String(change.until)))
      await evaluate(servers, Scripts.settle, namesOf(group), values, "once")
    }
  }

  const namesOf = ([first, ...others]: readonly [Keyed, ...ReadonlyArray<Keyed>]) =>
    [nameOf(first.key), ...others.map(({ key }) => nameOf(key))] as const

  /** The keys that the servers hold, a few at a time, so that other commands need not wait. */
  const storedKeys = async (): Promise<ReadonlyArray<string>> => {
    const keys = new Set<string>()
    const pattern = `${prefix.replace(/[\\*?[\]]/g, "\\$&")}*`
    for (const node of await servers.primaries()) {
      let cursor = "0"
      do {
        const reply = await node.run(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"], "repeatable")
        const [next, names] = Array.isArray(reply) ? reply : []
        if (typeof next !== "string") throw unexpected
        for (const name of listIn(names)) if (typeof name === "string") keys.add(name.slice(prefix.length))
        cursor = next
      } while (cursor !== "0")
    }
    return [...keys]
  }

  const read = async (group: readonly [Keyed, ...ReadonlyArray<Keyed>]): Promise<ReadonlyArray<ThrottledKey>> => {
    const reply = await evaluate(servers, Scripts.read, namesOf(group), [], "repeatable")
    return listIn(reply).flatMap((one) => {
      const [at, failures, until, forgottenAt] = numbersIn(one)
      const key = group[at - 1]?.key
      return key === undefined ? [] : [{ key, failures, until, forgottenAt }]
    })
  }

  const list = async (keys: ReadonlyArray<string>): Promise<ReadonlyArray<ThrottledKey>> => {
    const found: Array<ThrottledKey> = []
    // A few at a time, so that a long list does not delay the attempts of other clients.
    for (let from = 0; from < keys.length; from += batch) {
      const groups = groupsOf(
        keys.slice(from, from + batch).map((key) => ({ key })),
        batch
      )
      found.push(...(await Promise.all(groups.map(read))).flat())
    }
    return found.toSorted((one, other) => other.until - one.until).slice(0, mostThrottledListed)
  }

  return {
    isShared: true,
    deadlineSeconds,
    take: (asks) => attempt(servers, "count an attempt", (limited) => take(limited, asks)),
    settle: (changes) => attempt(servers, "settle an attempt", (limited) => settle(limited, changes)),
    list: (_, keys) =>
      attempt(servers, "list the keys of the throttle", async () => list(keys ?? (await storedKeys()))),
    examine: () => examine(servers, isCluster)
  }
}

interface Keyed {
  readonly key: string
}

const examine = (servers: Servers, isCluster: boolean): Effect.Effect<ThrottleStoreFacts | StoreFailure> =>
  Effect.map(makeExamine(servers, isCluster)(Date.now), ({ facts }) => {
    const failure = facts.find((one) => "code" in one)
    const evicts = facts.some(
      (one) => "evictionPolicy" in one && one.maxMemoryBytes > 0 && one.evictionPolicy !== "noeviction"
    )
    return failure ?? { table: undefined, forgottenKeys: 0, liveKeys: 0, evicts }
  })

const listIn = (reply: Reply | undefined): ReadonlyArray<Reply> => {
  if (!Array.isArray(reply)) throw unexpected
  return reply
}

const numbersIn = (reply: Reply): readonly [number, number, number, number] => {
  const [one = 0, two = 0, three = 0, four = 0] = listIn(reply).map(Number)
  return [one, two, three, four]
}

const takenOf = (reply: Reply): Taken => {
  const [isTaken, until] = numbersIn(reply)
  return { _tag: isTaken === 1 ? "Taken" : "Refused", until }
}

const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1")
