/**
 * Sessions in Redis or Valkey, in the layout of Django's `cache` engine.
 *
 * A value is the session's data as JSON. A Django that shares the sessions needs a cache serializer that writes JSON
 * too (`OPTIONS: {"serializer": …}` of its `RedisCache`). By default Django's cache uses pickle, and then neither side
 * can read the other's sessions.
 *
 * Django overwrites a session without comparing it first, so a write of Django's may undo a logout made here. Redis
 * acknowledges a write before its replicas have it, so a failover may lose the last writes.
 *
 * @module latchkey/redis
 */
import { ConfigurationInvalid } from "../errors/errors.ts"
import { boolean, checkOptions, type Kinds, number, string, strings } from "../options/option-kinds.ts"
import type { SessionStore } from "../ports/session-store.ts"
import { makeCluster } from "./redis/connection/cluster.ts"
import { makeExamine } from "./redis/connection/examine-redis.ts"
import { inSameSlot, slotOf } from "./redis/connection/hash-slot.ts"
import { accessKinds, accessTo, accessToCluster, type RedisAccess } from "./redis/connection/redis-access.ts"
import { makeNode } from "./redis/connection/redis-node.ts"
import { oneServer } from "./redis/connection/servers.ts"
import { moveInSteps } from "./redis/sessions/move-in-steps.ts"
import { makeSessions, moveAtOnce, type SessionsSettings } from "./redis/sessions/redis-sessions.ts"

export type { RedisAccess } from "./redis/connection/redis-access.ts"
export { RedisFailure } from "./redis/connection/redis-failure.ts"
export {
  type RedisClusterThrottleOptions,
  type RedisThrottle,
  type RedisThrottleOptions,
  redisClusterThrottle,
  redisThrottle
} from "./redis/redis-throttle.ts"

/** The options of {@link redisSessions}. */
export interface RedisOptions extends RedisAccess {
  /** `redis[s]://[[user]:password@]host[:port][/database]`. Default: the server on this machine. */
  readonly url?: string | undefined
  /** KEY_PREFIX of Django's cache. Default: `""`. */
  readonly keyPrefix?: string
  /** VERSION of Django's cache. Default: 1. */
  readonly version?: number
  /** The prefix that Django's engine puts before the session key. Default: `django.contrib.sessions.cache`. */
  readonly sessionPrefix?: string
  /**
   * Records the sessions of users, so that they can be listed and ended: a string beside each session of a user, and a
   * sorted set for each user. Default false.
   */
  readonly userSessions?: boolean
}

/** A session store on Redis. */
export interface RedisSessions extends SessionStore {
  /** Waits for the commands that are running, then closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * A session store on one Redis server. It connects when the first session is requested. It always makes its own
 * connections: a client of the application might send a write again that the server has not acknowledged.
 *
 * @throws {ConfigurationInvalid}
 */
export const redisSessions = (given: RedisOptions = {}): RedisSessions => {
  checkOptions(given, { ...kinds, url: string })
  const { url = "redis://127.0.0.1", ...options } = given
  const prefix = prefixOf(options)
  const { access, locations } = accessTo([url], options)
  const servers = oneServer(makeNode(locations[0], access))
  const forwardingOf = (name: string): string => `${name}:moved`
  return {
    ...makeSessions({
      ...{ servers, prefix, forwardingOf, atomicSwap: true, mover: moveAtOnce },
      deadlineSeconds: access.deadlineSeconds,
      records: records(given, prefix, (name) => `${name}:user`)
    }),
    examine: [makeExamine(servers, false)],
    close: servers.close
  }
}

/** The options of {@link redisClusterSessions}. */
export interface RedisClusterOptions extends Omit<RedisOptions, "url"> {
  /**
   * URLs of some nodes; the others are found through them. User, password and encryption are taken from the first one.
   */
  readonly urls: ReadonlyArray<string>
}

/**
 * A session store on a Redis Cluster. When a session gets a new key, the new session is written first, and then the old
 * one is deleted, often on another node. If the process dies in between, both stay, but no client knows the new key.
 * The new key is remembered for a minute under `{NAME}:moved`. While the slot of that name moves to another node,
 * renewing a session may fail as unavailable (`TRYAGAIN`).
 *
 * @throws {ConfigurationInvalid}
 */
export const redisClusterSessions = (given: RedisClusterOptions): RedisSessions => {
  checkOptions(given, { ...kinds, urls: strings }, "", ["urls"])
  const { urls, ...options } = given
  const prefix = prefixOf(options)
  const { access, locations } = accessToCluster(urls, options)
  const forwardingOf = (name: string): string => inSameSlot(name, ":moved")
  if (slotOf(forwardingOf(prefix)) !== slotOf(prefix))
    throw new ConfigurationInvalid({
      problems: ["keyPrefix, sessionPrefix: write braces in pairs with text between them, or no braces"]
    })
  const servers = makeCluster(locations, access)
  return {
    ...makeSessions({
      ...{ servers, prefix, forwardingOf, atomicSwap: false, mover: moveInSteps },
      deadlineSeconds: access.deadlineSeconds,
      records: records(given, prefix, (name) => inSameSlot(name, ":user"))
    }),
    examine: [makeExamine(servers, true)],
    close: servers.close
  }
}

const kinds: Kinds<Omit<RedisOptions, "url">> = {
  ...accessKinds,
  keyPrefix: string,
  version: number,
  sessionPrefix: string,
  userSessions: boolean
}

/** The names of records, if the sessions of users are recorded. */
const records = (
  { userSessions = false }: Pick<RedisOptions, "userSessions">,
  prefix: string,
  recordOf: (name: string) => string
): SessionsSettings["records"] =>
  userSessions
    ? {
        recordOf,
        setOf: ({ backend, id }) =>
          Buffer.from(`${prefix}:users:${JSON.stringify([backend, id])}`, "utf8").toString("latin1")
      }
    : undefined

/** The text before the session key. */
const prefixOf = ({
  keyPrefix = "",
  sessionPrefix = "django.contrib.sessions.cache",
  version = 1
}: Omit<RedisOptions, "url">): string => {
  if (!Number.isSafeInteger(version)) throw new ConfigurationInvalid({ problems: ["version: must be an integer"] })
  return `${keyPrefix}:${version}:${sessionPrefix}`
}
