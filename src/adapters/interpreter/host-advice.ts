/**
 * What the operator of an application should be told when a request is refused because a setting does not know the
 * site's own address. The refusal alone leads to the wrong setting (`csrfTrustedOrigins`).
 */
import * as Host from "../../core/http/host.ts"
import { header, type RequestHead } from "../../core/http/request-head.ts"
import * as Scheme from "../../core/http/scheme.ts"
import { BadRequest } from "./errors.ts"

/** For a request whose Origin or Referer is the very host that it was sent to: most likely one of the site's own pages. */
export const adviceOnOrigin = (settings: Host.HostSettings, head: RequestHead): string | undefined => {
  const named = Host.named(settings, head)
  const page = header(head, "origin") ?? header(head, "referer")
  if (named === undefined || page === undefined || hostOf(page) !== named.host.toLowerCase()) return undefined
  if (Host.host(settings, head)._tag === "DisallowedHost")
    return `The page is of the host that was asked, ${JSON.stringify(named.domain)}, which allowedHosts does not name. If it is yours: allowedHosts: [${JSON.stringify(named.domain)}].`
  return /^https:/i.test(page) && !Scheme.isSecure(settings, head)
    ? "The page came over https, and this request seems to have come over http. Behind a proxy that ends https, set secureProxyHeader."
    : undefined
}

/** A host that is not served here. The client hears that; the host to add is for the operator. */
export const disallowedHost = (settings: Host.HostSettings, head: RequestHead): BadRequest => {
  const named = Host.named(settings, head)
  const reason = "this host is not one of allowedHosts"
  // Clients choose hosts: once an application names its own, a foreign one is nothing to tell about.
  if (named === undefined || settings.allowedHosts.length > 0) return new BadRequest({ reason })
  return new BadRequest({ reason, advice: `If it is yours: allowedHosts: [${JSON.stringify(named.domain)}].` })
}

const hostOf = (url: string): string | undefined => /^https?:\/\/([^/?#]+)/i.exec(url)?.[1]?.toLowerCase()
