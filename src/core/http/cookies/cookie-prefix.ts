/**
 * The attributes that browsers require of a cookie because of its name's prefix. Browsers refuse a cookie that lacks
 * one, even if it would only delete the cookie. They ignore the case of the prefix.
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
