/** Address and login of a server: parses a URL and checks it. */
import { isIPv6 } from "node:net"
import type { ConnectionOptions } from "node:tls"

export interface Address {
  readonly host: string
  readonly port: number
}

/** The settings of every connection, to any node. */
export interface Access {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly tls: ConnectionOptions | undefined
  /** How long a server may take to accept a connection or to answer. After that, the connection is dead. */
  readonly deadlineSeconds: number
}

export interface Location extends Address {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly isEncrypted: boolean
}

/** @returns `undefined` unless this is `redis[s]://[[user]:password@]host[:port][/database]`, without parameters */
export const parseUrl = (text: string): Location | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const database = /^\/?([0-9]*)$/.exec(url?.pathname ?? "?")?.[1]
  if (url === undefined || database === undefined || !["redis:", "rediss:"].includes(url.protocol)) return undefined
  // Parameters that other clients know would have no effect here, so they are refused.
  if (url.search !== "" || url.hash !== "") return undefined
  try {
    return {
      host: url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
      port: url.port === "" ? 6379 : Number(url.port),
      username: url.username === "" ? undefined : decodeURIComponent(url.username),
      password: url.password === "" ? undefined : decodeURIComponent(url.password),
      database: Number(database),
      isEncrypted: url.protocol === "rediss:"
    }
  } catch {
    return undefined
  }
}

/**
 * Parses `host:port`, as nodes of a cluster name each other. If the host is missing, it is that of the node that
 * answered.
 */
export const parseAddress = (text: string, saidBy: Address): Address | undefined => {
  const split = text.lastIndexOf(":")
  const port = Number(text.slice(split + 1))
  if (split < 0 || !Number.isInteger(port) || port <= 0 || port > 65_535) return undefined
  const host = text.slice(0, split).replace(/^\[|\]$/g, "")
  return { host: host === "" || host === "?" ? saidBy.host : host, port }
}

export const nameOf = ({ host, port }: Address): string => (isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`)
