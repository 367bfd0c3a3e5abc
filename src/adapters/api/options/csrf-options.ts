/** Checks the options of the CSRF check and its cookie, and adds the defaults. */
import * as Auth from "../../../core/auth/state/auth-settings.ts"
import type { CheckSettings } from "../../../core/csrf/check-request.ts"
import * as TrustedOrigins from "../../../core/csrf/trusted-origins.ts"
import type { DjangoVersionSettings } from "../../../core/django-version.ts"
import type { HostSettings } from "../../../core/http/request/host.ts"
import { cookieProblems } from "./cookie-options.ts"
import { headerNameProblems } from "./host-options.ts"
import { isAge, problem } from "./problem.ts"
import { insecure } from "./session-options.ts"
import type { SettingsOptions } from "./settings-options.ts"

const defaultHeaderName = "X-CSRFToken"

export const csrfProblems = (options: SettingsOptions, version: DjangoVersionSettings): ReadonlyArray<string> => {
  const { cookie, cookieAgeSeconds, useSessions } = Auth.csrfSettings(options, version)
  const trustedOrigins = trustedOriginsOf(options)
  return [
    ...cookieProblems("csrfCookie", cookie, options.allowedHosts),
    ...problem(
      Auth.sessionSettings(options, version).cookie.name === cookie.name,
      "sessionCookie.name and csrfCookie.name are the same; write two different names"
    ),
    ...problem(
      useSessions && options.csrfCookie !== undefined,
      "csrfCookie does nothing with csrfUseSessions: leave one of them out"
    ),
    ...problem(
      cookieAgeSeconds !== undefined && !isAge(cookieAgeSeconds),
      "csrfCookie.ageSeconds must be null or a whole number of seconds above 0"
    ),
    ...headerNameProblems("csrfHeaderName", options.csrfHeaderName),
    ...problem(
      trustedOrigins.includes(undefined),
      'csrfTrustedOrigins: an entry is not an origin; write one such as "https://example.com" or "https://*.example.com"'
    ),
    ...trustedOrigins.flatMap(unsentProblem)
  ]
}

export const csrfCheckSettings = (
  options: SettingsOptions,
  version: DjangoVersionSettings,
  http: HostSettings
): CheckSettings => {
  const { cookie, useSessions } = Auth.csrfSettings(options, version)
  return {
    http,
    mode: options.csrfMode ?? "token",
    headerName: options.csrfHeaderName ?? defaultHeaderName,
    trustedOrigins: trustedOriginsOf(options).filter((origin) => origin !== undefined),
    cookieDomain: useSessions ? Auth.sessionSettings(options, version).cookie.domain : cookie.domain,
    ignoresOrigin: version.ignoresOrigin,
    generalizesReasons: version.generalizesCsrfReasons
  }
}

/** Warnings about CSRF cookies that are unsafe in production. */
export const csrfWarnings = ({ csrfCookie, csrfUseSessions }: SettingsOptions): ReadonlyArray<string> =>
  problem(csrfCookie?.secure !== true && csrfUseSessions !== true, insecure("csrfCookie", "the CSRF secret"))

const trustedOriginsOf = ({ csrfTrustedOrigins = [] }: SettingsOptions) => csrfTrustedOrigins.map(TrustedOrigins.parse)

/**
 * The problem of a trusted origin that no browser sends: browsers send origins in lower case and without the default
 * port.
 */
const unsentProblem = (trusted: TrustedOrigins.TrustedOrigin | undefined): ReadonlyArray<string> => {
  if (trusted === undefined) return []
  const isExact = trusted._tag === "Exact"
  const written = isExact ? trusted.origin : `${trusted.scheme}://${trusted.host.slice(1).toLowerCase()}`
  const sent = /^https?:/.test(written) ? URL.parse(written)?.origin : written
  return problem(
    sent !== written,
    `csrfTrustedOrigins: no browser sends ${JSON.stringify(isExact ? written : written.replace("://", "://*."))}` +
      (sent === undefined ? "" : `; write ${JSON.stringify(isExact ? sent : sent.replace("://", "://*."))}`)
  )
}
