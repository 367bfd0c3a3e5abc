/** Which hosts and URLs belong together, for browsers. */

const isAddress = (host: string): boolean => host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host)

/** Whether a cookie of this domain goes to this host (RFC 6265bis, 5.1.3). */
export const matchesDomain = (host: string, domain: string): boolean =>
  host === domain || (host.endsWith(`.${domain}`) && !isAddress(host))

/** Whether Chromium treats the URL as if it came through an encrypted connection. */
export const isSecure = ({ hostname, protocol }: URL): boolean =>
  protocol === "https:" || matchesDomain(hostname, "localhost") || /^127\.|^\[::1\]$/.test(hostname)

/**
 * Whether no cookie may be set for all hosts of this domain. Browsers have a list of such domains. This knows them by
 * their form: one label (`com`), or a short label under a country (`co.uk`).
 */
export const isPublicSuffix = (domain: string): boolean =>
  !isAddress(domain) && /^([^.]+|(com?|org|net|gov|edu|ac|or|ne|go)\.[a-z]{2})$/.test(domain)

/** The domain that was registered: `example.co.uk` for `www.example.co.uk`. */
const registeredDomain = (host: string): string => {
  if (isAddress(host) || isPublicSuffix(host)) return host
  const labels = host.split(".")
  const suffix = labels.findIndex((_, at) => isPublicSuffix(labels.slice(at).join(".")))
  return labels.slice(suffix - 1).join(".")
}

/** Whether two URLs are of the same site: the same scheme and the same registered domain. Ports do not matter. */
export const isSameSite = (one: URL, other: URL): boolean =>
  one.protocol === other.protocol && registeredDomain(one.hostname) === registeredDomain(other.hostname)
