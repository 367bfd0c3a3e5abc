/**
 * What browsers require of a cookie because of how its name begins. They refuse one that lacks any of it, also when it
 * would only delete the cookie. They compare prefixes without regard to case.
 *
 * @see RFC 6265bis section 4.1.3, and "Cookie Name Prefixes" in section 5
 */
export interface PrefixRules {
  readonly secure: boolean
  readonly httpOnly: boolean
  /** `Path=/` and no Domain. */
  readonly hostOnly: boolean
}

export const prefixRules = (name: string): PrefixRules => ({
  secure: /^__(Secure|Http|Host|HostHttp)-/i.test(name),
  httpOnly: /^__(Http|Host-Http|HostHttp)-/i.test(name),
  hostOnly: /^__(Host|HostHttp)-/i.test(name)
})
