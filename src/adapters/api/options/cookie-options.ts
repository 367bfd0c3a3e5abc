/** Options of the session cookie and the CSRF cookie, with checks for cookies that a browser would never store. */
import { type PrefixRules, prefixRules } from "../../../core/http/cookies/cookie-prefix.ts"
import type { CookieOptions, CookieSettings } from "../../../core/http/cookies/cookie-settings.ts"
import { boolean, either, type Kind, type Kinds, number, optionProblems, string } from "../../options/option-kinds.ts"
import { problem } from "./problem.ts"

export type { CookieOptions } from "../../../core/http/cookies/cookie-settings.ts"

/** The options of a cookie, and its age. */
export interface AgingCookieOptions extends CookieOptions {
  readonly ageSeconds?: number | null
}

/** Checks names and kinds of the options. @param age the kind of `ageSeconds` */
export const cookieOptionProblems = (
  setting: string,
  options: AgingCookieOptions | undefined,
  age: Kind = number
): ReadonlyArray<string> =>
  options === undefined ? [] : optionProblems(options, { ...kinds, ageSeconds: age }, `${setting}.`)

const kinds: Kinds<CookieOptions> = {
  name: string,
  path: string,
  domain: string,
  secure: boolean,
  httpOnly: boolean,
  sameSite: either(
    { written: '"Lax", "Strict", "None"', accepts: (value) => ["Lax", "Strict", "None"].includes(String(value)) },
    { written: "false", accepts: (value) => value === false }
  ),
  partitioned: boolean
}

/** The longest value: a masked CSRF token. Session keys are shorter. */
const VALUE_LENGTH = 64
/**
 * Browsers drop a cookie if name and value together are longer than the first number, and ignore an attribute longer
 * than the second.
 */
const [MAXIMUM_COOKIE, MAXIMUM_ATTRIBUTE] = [4096, 1024]

/**
 * Returns one message for each reason why a browser would not store the cookie or never send it back.
 *
 * @param allowedHosts the setting `allowedHosts`; `undefined` if it is absent
 * @see RFC 6265bis section 5.6, 5.7
 */
export const cookieProblems = (
  setting: string,
  cookie: CookieSettings,
  allowedHosts: ReadonlyArray<string> | undefined
): ReadonlyArray<string> => [
  ...problem(
    !isToken(cookie.name),
    `${setting}.name contains a character that browsers refuse in a name; write letters, digits, - and _`
  ),
  ...problem(
    cookie.name.length + VALUE_LENGTH > MAXIMUM_COOKIE,
    `${setting}.name is too long: browsers drop a cookie of more than ${MAXIMUM_COOKIE} bytes`
  ),
  ...prefixProblems(setting, cookie, prefixRules(cookie.name)),
  ...problem(
    !isAttribute(cookie.path) || !cookie.path.startsWith("/"),
    `${setting}.path is not an absolute path: write "/" or "/shop/"`
  ),
  ...problem(
    cookie.path.length > MAXIMUM_ATTRIBUTE,
    `${setting}.path is too long: browsers ignore a path of more than ${MAXIMUM_ATTRIBUTE} bytes`
  ),
  ...(cookie.domain === undefined ? [] : domainProblems(`${setting}.domain`, cookie.domain, allowedHosts)),
  ...problem(
    cookie.sameSite === "None" && !cookie.secure,
    `${setting}.sameSite is None without secure: browsers refuse such a cookie; write secure: true as well`
  ),
  ...problem(
    cookie.partitioned === true && cookie.sameSite !== "None",
    `${setting}.partitioned: browsers send a cookie inside frames of other sites only with sameSite: "None" and secure: true; write both as well`
  )
]

const prefixProblems = (setting: string, cookie: CookieSettings, required: PrefixRules): ReadonlyArray<string> => {
  const prefix = /^__[a-z-]*-/i.exec(cookie.name)?.[0] ?? ""
  const needs = (lacking: boolean, what: string) =>
    problem(lacking, `${setting}.name: browsers refuse a cookie with the prefix ${prefix} without ${what}`)
  return [
    ...needs(required.secure && !cookie.secure, "secure: true"),
    ...needs(required.httpOnly && !cookie.httpOnly, "httpOnly: true"),
    ...needs(required.hostOnly && (cookie.path !== "/" || cookie.domain !== undefined), 'path: "/", and with a domain')
  ]
}

const domainProblems = (
  setting: string,
  domain: string,
  allowedHosts: ReadonlyArray<string> | undefined
): ReadonlyArray<string> => {
  const name = domain.toLowerCase().replace(/^\./, "")
  if (domain === "" || !isAttribute(domain)) return [`${setting} is not a host name; write one such as "example.com"`]
  if (domain.length > MAXIMUM_ATTRIBUTE)
    return [`${setting} is too long: browsers ignore a domain of more than ${MAXIMUM_ATTRIBUTE} bytes`]
  const bare = name
    .replace(/^[a-z]+:\/\//, "")
    .replace(/^\*?\.*/, "")
    .replace(/[:/].*$/, "")
    .replace(/\.+$/, "")
  if (!/^[a-z0-9._-]+$/.test(bare)) return [`${setting} is not a host name; write one such as "example.com"`]
  if (bare !== name) return [`${setting}: browsers store no cookie for it; write ${JSON.stringify(bare)}`]
  const covered = (host: string) => coversHost(name, host.toLowerCase())
  return problem(
    allowedHosts !== undefined && allowedHosts.length > 0 && !allowedHosts.some(covered),
    `${setting}: no host of allowedHosts is in this domain, so browsers refuse the cookie; write a domain that contains one of them`
  )
}

/** Whether a response from this host, or from a host that the pattern matches, may set a cookie for the domain. */
const coversHost = (domain: string, pattern: string): boolean => {
  if (pattern === "*") return true
  const host = pattern.replace(/^\./, "")
  return host === domain || host.endsWith(`.${domain}`) || (pattern.startsWith(".") && domain.endsWith(pattern))
}

const isToken = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)

/** Whether a text has only printable ASCII characters and no semicolon, which would end the attribute. */
const isAttribute = (text: string): boolean => /^[\x20-\x3a\x3c-\x7e]*$/.test(text)
