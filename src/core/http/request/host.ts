/** The host that the client asked for, and whether it is allowed. */
import { header, type RequestHead } from "./request-head.ts"
import { isSecure, port, type SchemeSettings } from "./scheme.ts"

/** The settings that tell host, port and scheme of a request. */
export interface HostSettings extends SchemeSettings {
  /** ALLOWED_HOSTS: host names; `.example.com` for a domain and its subdomains; `*` for every host. */
  readonly allowedHosts: ReadonlyArray<string>
  /** USE_X_FORWARDED_HOST. */
  readonly useForwardedHost: boolean
}

export type Host =
  /** As sent, with its port and its case. */
  | { readonly _tag: "Host"; readonly host: string }
  /** Not a host name, or not an allowed one: 400. */
  | { readonly _tag: "DisallowedHost" }

/**
 * The host of the request, if it is allowed.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpRequest.get_host
 */
export const host = (settings: HostSettings, head: RequestHead): Host => {
  const sent = claimed(settings, head)
  const domain = domainOf(sent)
  return domain !== undefined && settings.allowedHosts.some((pattern) => allows(pattern, domain))
    ? { _tag: "Host", host: sent }
    : { _tag: "DisallowedHost" }
}

/**
 * The host that the client named, allowed or not. `host` is as sent; `domain` has no port, for comparison with
 * `allowedHosts`.
 */
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

/** A name, an IPv4 address, or an IPv6 address in brackets; then an optional port. */
const hostFormat = /^([a-z0-9.-]+|\[[0-9a-f]*:[0-9a-f.:]+\])(?::[0-9]+)?$/

/** The host in lower case, without port and without a final dot. */
const domainOf = (sent: string): string | undefined => {
  const domain = hostFormat.exec(sent.toLowerCase())?.[1]?.replace(/\.$/, "")
  return domain === "" ? undefined : domain
}

const allows = (pattern: string, domain: string): boolean => pattern === "*" || isSameDomain(domain, pattern)

/**
 * Whether a host equals the pattern, or is a subdomain if the pattern begins with a dot. The pattern is lower-cased,
 * the host is not. Ports are compared too.
 *
 * @see Django: django.utils.http.is_same_domain
 */
export const isSameDomain = (host: string, pattern: string): boolean => {
  const wanted = pattern.toLowerCase()
  if (wanted === "") return false
  return host === wanted || (wanted.startsWith(".") && (host.endsWith(wanted) || host === wanted.slice(1)))
}
