/** Which host the client meant, and whether it is one of ours. */
import { header, type RequestHead } from "./request-head.ts"
import { isSecure, port, type SchemeSettings } from "./scheme.ts"

export interface HostSettings extends SchemeSettings {
  /** ALLOWED_HOSTS: names; `.example.com` for a domain and everything below it; `*` for any. */
  readonly allowedHosts: ReadonlyArray<string>
  /** USE_X_FORWARDED_HOST. */
  readonly useForwardedHost: boolean
}

export type Host =
  /** As sent: neither lower-cased nor without its port. */
  | { readonly _tag: "Host"; readonly host: string }
  /** No host name, or one that is not ours: 400. */
  | { readonly _tag: "DisallowedHost" }

/** @see Django: HttpRequest.get_host */
export const host = (settings: HostSettings, head: RequestHead): Host => {
  const sent = claimed(settings, head)
  const domain = domainOf(sent)
  return domain !== undefined && settings.allowedHosts.some((pattern) => allows(pattern, domain))
    ? { _tag: "Host", host: sent }
    : { _tag: "DisallowedHost" }
}

/** The host that the client named, allowed or not: as sent, and without its port, as `allowedHosts` names hosts. */
export const named = (
  settings: HostSettings,
  head: RequestHead
): { readonly host: string; readonly domain: string } | undefined => {
  const host = claimed(settings, head)
  const domain = domainOf(host)
  return domain === undefined ? undefined : { host, domain }
}

const claimed = (settings: HostSettings, head: RequestHead): string => {
  const sent = (settings.useForwardedHost ? header(head, "x-forwarded-host") : undefined) ?? header(head, "host")
  if (sent !== undefined) return sent
  const number = port(settings, head)
  const isDefault = number === (isSecure(settings, head) ? "443" : "80")
  return isDefault ? head.transport.serverName : `${head.transport.serverName}:${number}`
}

/** A name or an IPv4 address, or an IPv6 address in brackets; then perhaps a port. */
const hostFormat = /^([a-z0-9.-]+|\[[0-9a-f]*:[0-9a-f.:]+\])(?::[0-9]+)?$/

/** In lower case, without port and without the dot that may end a full name. */
const domainOf = (sent: string): string | undefined => {
  const domain = hostFormat.exec(sent.toLowerCase())?.[1]?.replace(/\.$/, "")
  return domain === "" ? undefined : domain
}

const allows = (pattern: string, domain: string): boolean => pattern === "*" || isSameDomain(domain, pattern)

/**
 * Whether a host is the pattern, or below it where the pattern begins with a dot. Only the pattern's case is ignored;
 * ports are part of the text.
 *
 * @see Django: django.utils.http.is_same_domain
 */
export const isSameDomain = (host: string, pattern: string): boolean => {
  const wanted = pattern.toLowerCase()
  if (wanted === "") return false
  return host === wanted || (wanted.startsWith(".") && (host.endsWith(wanted) || host === wanted.slice(1)))
}
