/** Other sites whose pages may send requests here: Django's CSRF_TRUSTED_ORIGINS. */
import { isSameDomain } from "../http/request/host.ts"
import * as Url from "../http/urls/url.ts"

/** A site whose pages may send requests here. */
export type TrustedOrigin =
  /** `https://a.example:8443`: exactly this origin. */
  | { readonly _tag: "Exact"; readonly origin: string; readonly host: string }
  /** `https://*.example.com`: example.com and its subdomains. `host` begins with the dot. */
  | { readonly _tag: "Subdomains"; readonly scheme: string; readonly host: string }

/**
 * Parses `scheme://host` or `scheme://*.host`, with or without a port. Nothing else is accepted, because no browser
 * sends an origin with a path, a user, or a scheme in capitals.
 *
 * @returns `undefined` for a text that is not an origin: a mistake in the settings
 */
export const parse = (text: string): TrustedOrigin | undefined => {
  const parts = Url.split(text)
  if (parts === undefined || parts.scheme === "" || text !== `${parts.scheme}://${parts.netloc}`) return undefined
  const isDomain = parts.netloc.startsWith("*.")
  const host = isDomain ? parts.netloc.slice(2) : parts.netloc
  if (!/^[!-~]+$/.test(host) || /^[.:]|[*@\\]/.test(host)) return undefined
  return isDomain
    ? { _tag: "Subdomains", scheme: parts.scheme, host: `.${host}` }
    : { _tag: "Exact", origin: text, host }
}

/** Whether an Origin header matches one of them, by scheme, host and port. */
export const includesOrigin = (trusted: ReadonlyArray<TrustedOrigin>, origin: string): boolean => {
  if (trusted.some((one) => one._tag === "Exact" && one.origin === origin)) return true
  const parts = Url.split(origin)
  return (
    parts !== undefined &&
    trusted.some(
      (one) => one._tag === "Subdomains" && one.scheme === parts.scheme && isSameDomain(parts.netloc, one.host)
    )
  )
}

/**
 * Whether a page on this host matches one of them. The caller has checked that it uses https, so schemes are not
 * compared.
 */
export const includesHost = (trusted: ReadonlyArray<TrustedOrigin>, host: string): boolean =>
  trusted.some((one) => isSameDomain(host, one.host))
