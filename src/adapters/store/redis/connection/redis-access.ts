/** The options that describe connections to a server or a cluster, and their check. */
import type { ConnectionOptions } from "node:tls"
import { ConfigurationInvalid } from "../../../errors/errors.ts"
import { boolean, either, type Kinds, number, object, string } from "../../../options/option-kinds.ts"
import { type Access, type Location, parseUrl } from "./redis-server.ts"

/** How to log in to Redis, and how long to wait for it. */
export interface RedisAccess {
  /** Overrides the user name in the URL; `password` overrides the password. */
  readonly username?: string
  /** Overrides the password in the URL. */
  readonly password?: string
  /** `true`, or Node's TLS options: the connection is encrypted even if the URL says `redis:`. */
  readonly tls?: boolean | ConnectionOptions
  /** How long to wait for a connection or an answer, in seconds. Default: 1. */
  readonly deadlineSeconds?: number
}

export const accessKinds: Kinds<RedisAccess> = {
  username: string,
  password: string,
  tls: either(boolean, object),
  deadlineSeconds: number
}

interface Checked {
  readonly locations: readonly [Location, ...ReadonlyArray<Location>]
  readonly access: Access
}

/** @throws ConfigurationInvalid */
export const accessTo = (urls: ReadonlyArray<string>, options: RedisAccess): Checked => {
  const { deadlineSeconds = 1 } = options
  const [first, ...others] = urls.flatMap((url) => parseUrl(url) ?? [])
  const problems = [
    ...(first === undefined || others.length + 1 < urls.length
      ? ["url: must be of the form redis[s]://[[user]:password@]host[:port][/database], without parameters"]
      : []),
    ...(deadlineSeconds > 0 ? [] : ["deadlineSeconds: must be positive"])
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
  return { locations: [first, ...others], access }
}

/** {@link accessTo} for the nodes of a cluster. */
export const accessToCluster = (urls: ReadonlyArray<string>, options: RedisAccess): Checked => {
  const checked = accessTo(urls, options)
  if (checked.access.database !== 0)
    throw new ConfigurationInvalid({ problems: ["urls: a cluster has only database 0; remove the number"] })
  return checked
}
