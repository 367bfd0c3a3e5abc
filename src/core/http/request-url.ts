/** The URL that a request asks for, as it is written into links and redirects. */
import { type HostSettings, host } from "./host.ts"
import type { RequestHead } from "./request-head.ts"
import { isSecure } from "./scheme.ts"
import { escapePath, iriToUri } from "./uri.ts"

export type Origin =
  | { readonly _tag: "Origin"; readonly scheme: "http" | "https"; readonly host: string }
  /** No host name, or one that is not ours: 400. */
  | { readonly _tag: "DisallowedHost" }

/** Scheme and host that the client used: with {@link fullPath} after it, the absolute URL of the request. */
export const origin = (settings: HostSettings, head: RequestHead): Origin => {
  const own = host(settings, head)
  return own._tag === "Host"
    ? { _tag: "Origin", scheme: isSecure(settings, head) ? "https" : "http", host: own.host }
    : own
}

/**
 * Path and query, base path included. Whatever way the client escaped the path, it is decoded and escaped again, so that one path is
 * written in one way; `.`, `..` and double slashes stay.
 *
 * @see Django: HttpRequest.get_full_path
 */
export const fullPath = (head: RequestHead): string => {
  const { path, query } = targetOf(head)
  const decoded = path.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16))
  )
  return escapePath((head.basePath ?? "") + unicodeOf(decoded)) + (query === "" ? "" : `?${iriToUri(query)}`)
}

/** The query string as text: the bytes are UTF-8, or Latin-1 if they cannot be. Escapes stay. */
export const queryString = (head: RequestHead): string => {
  const { query } = targetOf(head)
  const bytes = Buffer.from(query, "latin1")
  const text = bytes.toString("utf8")
  return Buffer.from(text, "utf8").equals(bytes) ? text : query
}

/** As it stands in the request line: `/path?query`, to a proxy `http://host/path?query`. */
const targetOf = ({ target }: RequestHead): { readonly path: string; readonly query: string } => {
  const local = target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, "")
  const mark = local.indexOf("?")
  const path = mark < 0 ? local : local.slice(0, mark)
  return { path: path.startsWith("/") ? path : `/${path}`, query: mark < 0 ? "" : local.slice(mark + 1) }
}

/** Well-formed UTF-8 of more than one byte (RFC 3629 section 4), else any one byte beyond ASCII. */
const beyondAscii =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g

/** Bytes as text: UTF-8, and an escape in place of each byte that does not belong (RFC 3987 section 3.2). */
const unicodeOf = (bytes: string): string => {
  const wellFormed = bytes.replace(beyondAscii, (sequence) =>
    sequence.length > 1 ? sequence : `%${sequence.charCodeAt(0).toString(16).toUpperCase()}`
  )
  return Buffer.from(wellFormed, "latin1").toString("utf8")
}
