/** Where a server is and as whom to connect: a URL, read once and checked. */
import { isIPv6 } from "node:net"
import type { ConnectionOptions } from "node:tls"

export interface Address {
  readonly host: string
  readonly port: number
}

/** What holds for every connection, to whichever node. */
export interface Access {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly tls: ConnectionOptions | undefined
  /** A server that has been asked, or asked to connect, and says nothing for so long is given up. */
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
  // Parameters of other clients would do nothing here.
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

/** `host:port`, as nodes of a cluster name each other; a host left out is the one that said so. */
export const parseAddress = (text: string, saidBy: Address): Address | undefined => {
  const split = text.lastIndexOf(":")
  const port = Number(text.slice(split + 1))
  if (split < 0 || !Number.isInteger(port) || port <= 0 || port > 65_535) return undefined
  const host = text.slice(0, split).replace(/^\[|\]$/g, "")
  return { host: host === "" || host === "?" ? saidBy.host : host, port }
}

export const nameOf = ({ host, port }: Address): string => (isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`)
