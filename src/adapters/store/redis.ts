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
import type { ConnectionOptions } from "node:tls"
import { ConfigurationInvalid } from "../ports/errors.ts"
import { boolean, checkOptions, either, type Kinds, number, object, string, strings } from "../ports/option-kinds.ts"
import type { SessionStore } from "../ports/session-store.ts"
import { makeCluster } from "./redis/cluster.ts"
import { makeExamine } from "./redis/examine-redis.ts"
import { inSameSlot, slotOf } from "./redis/hash-slot.ts"
import { moveInSteps } from "./redis/move-in-steps.ts"
import { makeNode } from "./redis/redis-node.ts"
import { type Access, type Location, parseUrl } from "./redis/redis-server.ts"
import { makeSessions, moveAtOnce, type SessionsSettings } from "./redis/redis-sessions.ts"
import { oneServer } from "./redis/servers.ts"

export { RedisFailure } from "./redis/redis-failure.ts"

/** The options of {@link redisSessions}. */
export interface RedisOptions {
  /** `redis[s]://[[user]:password@]host[:port][/database]`. Default: the server on this machine. */
  readonly url?: string | undefined
  /** Overrides the user name in the URL; `password` overrides the password. */
  readonly username?: string
  /** Overrides the password in the URL. */
  readonly password?: string
  /** `true`, or Node's TLS options: the connection is encrypted even if the URL says `redis:`. */
  readonly tls?: boolean | ConnectionOptions
  /** KEY_PREFIX of Django's cache. Default: `""`. */
  readonly keyPrefix?: string
  /** VERSION of Django's cache. Default: 1. */
  readonly version?: number
  /** The prefix that Django's engine puts before the session key. Default: `django.contrib.sessions.cache`. */
  readonly sessionPrefix?: string
  /** How long to wait for a connection or an answer, in seconds. Default: 1. */
  readonly deadlineSeconds?: number
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
  const { access, locations, prefix } = checked(options, [url])
  const servers = oneServer(makeNode(locations[0], access))
  const forwardingOf = (name: string): string => `${name}:moved`
  return {
    ...makeSessions({
      ...{ servers, prefix, forwardingOf, atomicSwap: true, mover: moveAtOnce },
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
  const { access, locations, prefix } = checked(options, urls)
  if (access.database !== 0)
    throw new ConfigurationInvalid({ problems: ["urls: a cluster has only database 0; remove the number"] })
  const forwardingOf = (name: string): string => inSameSlot(name, ":moved")
  if (slotOf(forwardingOf(prefix)) !== slotOf(prefix))
    throw new ConfigurationInvalid({
      problems: ["keyPrefix, sessionPrefix: write braces in pairs with text between them, or no braces"]
    })
  const servers = makeCluster(locations, access)
  return {
    ...makeSessions({
      ...{ servers, prefix, forwardingOf, atomicSwap: false, mover: moveInSteps },
      records: records(given, prefix, (name) => inSameSlot(name, ":user"))
    }),
    examine: [makeExamine(servers, true)],
    close: servers.close
  }
}

const kinds: Kinds<Omit<RedisOptions, "url">> = {
  username: string,
  password: string,
  tls: either(boolean, object),
  keyPrefix: string,
  version: number,
  sessionPrefix: string,
  deadlineSeconds: number,
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

interface Checked {
  readonly locations: readonly [Location, ...ReadonlyArray<Location>]
  readonly access: Access
  readonly prefix: string
}

const checked = (options: Omit<RedisOptions, "url">, urls: ReadonlyArray<string>): Checked => {
  const { deadlineSeconds = 1, keyPrefix = "", sessionPrefix = "django.contrib.sessions.cache", version = 1 } = options
  const [first, ...others] = urls.flatMap((url) => parseUrl(url) ?? [])
  const problems = [
    ...(first === undefined || others.length + 1 < urls.length
      ? ["url: must be of the form redis[s]://[[user]:password@]host[:port][/database], without parameters"]
      : []),
    ...(deadlineSeconds > 0 ? [] : ["deadlineSeconds: must be positive"]),
    ...(Number.isSafeInteger(version) ? [] : ["version: must be an integer"])
  ]
  if (first === undefined || problems.length > 0) throw new ConfigurationInvalid({ problems })
  const { tls = first.isEncrypted } = options
  const access: Access = {
    username: options.username ?? first.username,
    password: options.password ?? first.password,
    database: first.database,
    tls: tls === false ? undefined : tls === true ? {} : tls,
    deadlineSeconds
  }
  return { locations: [first, ...others], access, prefix: `${keyPrefix}:${version}:${sessionPrefix}` }
}
