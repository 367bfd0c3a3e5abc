/**
 * Sessions in Redis or Valkey, in the layout of Django's `cache` engine.
 *
 * Values are the JSON of the session's data. A Django that shares them needs a cache serializer that does the same
 * (`OPTIONS: {"serializer": …}` of its `RedisCache`): by default it pickles, and then neither side can read the other's
 * sessions. What Django itself writes is not compared with anything: a write of its own may undo a logout of ours.
 * Redis acknowledges before replicas have heard: a failover may forget the last writes.
 *
 * @module latchkey/redis
 */
import type { ConnectionOptions } from "node:tls"
import { ConfigurationInvalid } from "../interpreter/errors.ts"
import type { SessionStore } from "../interpreter/ports.ts"
import { boolean, checkOptions, either, type Kinds, number, object, string, strings } from "../option-kinds.ts"
import { makeCluster } from "./redis/cluster.ts"
import { moveInSteps } from "./redis/move-in-steps.ts"
import { makeNode } from "./redis/node.ts"
import { type Access, type Location, parseUrl } from "./redis/server.ts"
import { oneServer } from "./redis/servers.ts"
import { makeSessions, moveAtOnce } from "./redis/sessions.ts"
import { inSameSlot, slotOf } from "./redis/slot.ts"

export { RedisFailure } from "./redis/failure.ts"

export interface RedisOptions {
  /** `redis[s]://[[user]:password@]host[:port][/database]`, by default on this machine. */
  readonly url?: string | undefined
  /** Instead of those in the URL. */
  readonly username?: string
  readonly password?: string
  /** `true`, or Node's options: encrypted whatever the URL says. */
  readonly tls?: boolean | ConnectionOptions
  /** KEY_PREFIX of Django's cache, `""`. */
  readonly keyPrefix?: string
  /** VERSION of Django's cache, 1. */
  readonly version?: number
  /** What Django's engine puts before the session key: `django.contrib.sessions.cache`. */
  readonly sessionPrefix?: string
  /** A server that says nothing for so long, connecting or asked, is given up; default 1. */
  readonly deadlineSeconds?: number
}

export interface RedisSessions extends SessionStore {
  /** Waits for what is under way and closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * A session store on one Redis server. Opens no connection before the first session is asked for; the connections are
 * its own, since a client made elsewhere may send writes again that nobody acknowledged.
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
    ...makeSessions({ servers, prefix, forwardingOf, atomicSwap: true, mover: moveAtOnce }),
    close: servers.close
  }
}

export interface RedisClusterOptions extends Omit<RedisOptions, "url"> {
  /** Of some nodes; the others are learned. User, password and encryption are the first one's. */
  readonly urls: ReadonlyArray<string>
}

/**
 * A session store on a Redis Cluster. A new key comes first and the old one goes after it, on another node: a process
 * that dies in between leaves both, and no client knows the new one. Where a session went is remembered for a minute
 * under `{NAME}:moved`; while its slot moves to another node, a renewal may be unavailable (`TRYAGAIN`).
 *
 * @throws {ConfigurationInvalid}
 */
export const redisClusterSessions = (given: RedisClusterOptions): RedisSessions => {
  checkOptions(given, { ...kinds, urls: strings }, "", ["urls"])
  const { urls, ...options } = given
  const { access, locations, prefix } = checked(options, urls)
  if (access.database !== 0) throw new ConfigurationInvalid({ problems: ["urls: a cluster has the database 0 only"] })
  const forwardingOf = (name: string): string => inSameSlot(name, ":moved")
  if (slotOf(forwardingOf(prefix)) !== slotOf(prefix))
    throw new ConfigurationInvalid({
      problems: ["keyPrefix, sessionPrefix: a brace must have its counterpart, with something in between"]
    })
  const servers = makeCluster(locations, access)
  return {
    ...makeSessions({ servers, prefix, forwardingOf, atomicSwap: false, mover: moveInSteps }),
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
  deadlineSeconds: number
}

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
      ? ["url: is not redis[s]://[[user]:password@]host[:port][/database], without parameters"]
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
