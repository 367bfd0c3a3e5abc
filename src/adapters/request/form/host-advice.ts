/**
 * Advice to the operator for a request that is refused because the settings do not tell the site's own host or scheme.
 * Without the advice, operators would change the wrong setting: Django's message names only the trusted origins.
 */
import * as Host from "../../../core/http/request/host.ts"
import { header, type RequestHead } from "../../../core/http/request/request-head.ts"
import * as Scheme from "../../../core/http/request/scheme.ts"
import { BadRequest } from "../../errors/errors.ts"

/**
 * Advice for a request that a page of this site has probably sent, because its Origin or Referer names the host that the
 * request was sent to. In development also for a page of another server on this machine, such as that of a front end.
 */
export const adviceOnOrigin = (settings: Host.HostSettings, head: RequestHead): string | undefined => {
  const named = Host.named(settings, head)
  const page = header(head, "origin") ?? header(head, "referer")
  if (named === undefined || page === undefined) return undefined
  const pageHost = hostOf(page)
  if (pageHost !== named.host.toLowerCase()) return adviceInDevelopment(page, pageHost)
  if (Host.host(settings, head)._tag === "DisallowedHost")
    return `The page is of the host ${JSON.stringify(named.domain)}, to which this request was sent, and which is not in allowedHosts. If it is your site, write allowedHosts: [${JSON.stringify(named.domain)}].`
  return /^https:/i.test(page) && !Scheme.isSecure(settings, head)
    ? "The page was sent by https, and this request seems to be http. Behind a proxy that terminates TLS, set secureProxyHeader."
    : undefined
}

/**
 * The error for a host that is not in `allowedHosts`. The client gets the reason. Only the operator gets the host to
 * add to the setting.
 */
export const disallowedHost = (settings: Host.HostSettings, head: RequestHead): BadRequest => {
  const named = Host.named(settings, head)
  const reason = "this host is not one of allowedHosts"
  // Clients can send any host. If `allowedHosts` is set, another host is probably not a mistake in the settings.
  if (named === undefined || settings.allowedHosts.length > 0) return new BadRequest({ reason })
  return new BadRequest({
    reason,
    advice: `If it is your site, write allowedHosts: [${JSON.stringify(named.domain)}].`
  })
}

/** In production no page of the site is on the machine of its visitor, and any client can send such an Origin. */
const adviceInDevelopment = (page: string, host: string | undefined): string | undefined => {
  if (process.env["NODE_ENV"] === "production" || host === undefined || !thisMachine.test(host)) return undefined
  const origin = JSON.stringify(`${/^https?/i.exec(page)?.[0].toLowerCase()}://${host}`)
  return `If that page is yours, as one of a development server is, write csrfTrustedOrigins: [${origin}].`
}

/** Hosts of this machine, with or without a port. */
const thisMachine = /^(?:(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

const hostOf = (url: string): string | undefined => /^https?:\/\/([^/?#]+)/i.exec(url)?.[1]?.toLowerCase()
