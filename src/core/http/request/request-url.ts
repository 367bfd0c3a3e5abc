/** The URL of a request, as it is written into links and redirects. */

import { escapePath, iriToUri } from "../urls/uri.ts"
import { type HostSettings, host } from "./host.ts"
import type { RequestHead } from "./request-head.ts"
import { isSecure } from "./scheme.ts"

export type Origin =
  | { readonly _tag: "Origin"; readonly scheme: "http" | "https"; readonly host: string }
  /** Not a host name, or not an allowed one: 400. */
  | { readonly _tag: "DisallowedHost" }

/** Scheme and host that the client used. Followed by {@link fullPath} they are the absolute URL of the request. */
export const origin = (settings: HostSettings, head: RequestHead): Origin => {
  const own = host(settings, head)
  return own._tag === "Host"
    ? { _tag: "Origin", scheme: isSecure(settings, head) ? "https" : "http", host: own.host }
    : own
}

/**
 * Path and query, with the base path. The path is decoded and escaped again, so that a path always has the same text,
 * however the client escaped it. `.`, `..` and double slashes stay.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpRequest.get_full_path
 */
export const fullPath = (head: RequestHead): string => {
  const { path, query } = targetOf(head)
  const decoded = isPlain(path) ? path : unicodeOf(bytesOf(path))
  return escapePath((head.basePath ?? "") + decoded) + (query === "" ? "" : `?${iriToUri(query)}`)
}

/** Most paths have only these characters, so they have nothing to decode. */
const isPlain = (path: string): boolean => /^[!-$&-~]*$/.test(path)

/** The bytes of a path, one character each. */
const bytesOf = (path: string): string =>
  path.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

/** The query string as text. The bytes are decoded as UTF-8 or, if they are invalid, as Latin-1. Escapes stay. */
export const queryString = (head: RequestHead): string => {
  const { query } = targetOf(head)
  const bytes = Buffer.from(query, "latin1")
  const text = bytes.toString("utf8")
  return Buffer.from(text, "utf8").equals(bytes) ? text : query
}

/** Splits the target of the request line: `/path?query`, or `http://host/path?query` in a request to a proxy. */
const targetOf = ({ target }: RequestHead): { readonly path: string; readonly query: string } => {
  const local = target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, "")
  const mark = local.indexOf("?")
  const path = mark < 0 ? local : local.slice(0, mark)
  return { path: path.startsWith("/") ? path : `/${path}`, query: mark < 0 ? "" : local.slice(mark + 1) }
}

/** A well-formed UTF-8 sequence of more than one byte (RFC 3629 section 4), or else any single byte beyond ASCII. */
const beyondAscii =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g

/** Decodes bytes as UTF-8. Each invalid byte becomes an escape (RFC 3987 section 3.2). */
const unicodeOf = (bytes: string): string => {
  const wellFormed = bytes.replace(beyondAscii, (sequence) =>
    sequence.length > 1 ? sequence : `%${sequence.charCodeAt(0).toString(16).toUpperCase()}`
  )
  return Buffer.from(wellFormed, "latin1").toString("utf8")
}
