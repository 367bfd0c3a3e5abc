/**
 * The settings of an application, checked when it starts. Most correspond to a Django setting, which is named, and have
 * its default. If a Django site uses the same database, its settings must have the same values.
 */

import type { PasswordResetSettings } from "../../core/accounts/reset-token.ts"
import * as Auth from "../../core/auth/auth-settings.ts"
import type { RemoteUserHeader } from "../../core/auth/remote-user.ts"
import type { AuthSettings } from "../../core/auth/request-state.ts"
import type { CheckSettings } from "../../core/csrf/check-request.ts"
import * as TrustedOrigins from "../../core/csrf/trusted-origins.ts"
import { defaultDjangoVersion, djangoVersions, isDjangoVersion } from "../../core/django-version.ts"
import type { HostSettings } from "../../core/http/host.ts"
import { redirectLocation } from "../../core/http/redirect-location.ts"
import type { LoginRedirectSettings } from "../../core/pages/login-redirect.ts"
import type { NextSettings } from "../../core/pages/next-url.ts"
import { offsetSecondsOf } from "../../core/time-zone.ts"
import { passwordResetProblems, passwordResetSettings } from "../account/password-reset.ts"
import { ConfigurationInvalid } from "../ports/errors.ts"
import type { SessionStore } from "../ports/stores.ts"
import { cookieProblems } from "./cookie-options.ts"
import { allowedHostsProblems, headerNameProblems, nextHostsProblems } from "./host-options.ts"
import { weakness } from "./secret-key.ts"
import { settingKindProblems } from "./setting-kinds.ts"
import type { SettingsOptions } from "./settings-options.ts"

export interface CheckedSettings {
  readonly auth: AuthSettings
  readonly http: HostSettings
  readonly csrf: CheckSettings
  readonly login: LoginRedirectSettings
  readonly next: NextSettings
  readonly remoteUser: RemoteUserHeader | undefined
  readonly passwordReset: PasswordResetSettings
  readonly deadlineSeconds: number
  readonly cacheControl: "private" | "no-store" | false
  /** Warnings about settings that are unsafe in production, one sentence for each setting. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * Checks the settings and adds the defaults.
 *
 * @param realms the names of the authentication backends, in order, each with the name of its realm
 * @param store the properties of the session store that depend on settings
 * @param hasRemoteUsers whether one of the backends is a `remoteUserBackend`
 * @throws {ConfigurationInvalid} naming every invalid setting
 */
export const checkSettings = (
  options: SettingsOptions,
  realms: ReadonlyMap<string, string>,
  store: Pick<SessionStore, "codec" | "cookieAgeSeconds" | "cookieName"> = {},
  hasRemoteUsers = false
): CheckedSettings => {
  const unreadable = settingKindProblems(options)
  if (unreadable.length > 0) throw new ConfigurationInvalid({ problems: unreadable })
  const isProduction = process.env["NODE_ENV"] === "production"
  const backends = [...realms.keys()]
  const {
    allowedHosts = isProduction ? [] : localHosts,
    deadlineSeconds = 3,
    maximumSessionBytes,
    remoteUser,
    secretKey,
    secretKeyFallbacks: fallbacks = [],
    secureProxyHeader
  } = options
  const { djangoVersion: named = defaultDjangoVersion } = options
  const version = typeof named === "string" ? (isDjangoVersion(named) ? djangoVersions[named] : undefined) : named
  const present = version ?? djangoVersions[defaultDjangoVersion]
  const { clock, cookie: session, cookieAgeSeconds } = Auth.sessionSettings(options, present)
  const { cookie: csrf, cookieAgeSeconds: csrfAgeSeconds, useSessions } = Auth.csrfSettings(options, present)

  const { csrfHeaderName = "X-CSRFToken", csrfTrustedOrigins = [] } = options
  const { loginUrl = "/accounts/login/", redirectFieldName: nextField = "next" } = options
  const trustedOrigins = csrfTrustedOrigins.map(TrustedOrigins.parse)
  const http: HostSettings = {
    allowedHosts,
    useForwardedHost: options.useForwardedHost ?? false,
    useForwardedPort: options.useForwardedPort ?? false,
    secureProxyHeader
  }

  const problems = [
    ...problem(version === undefined, `djangoVersion is none of ${Object.keys(djangoVersions).join(", ")}`),
    ...problem(secretKey === undefined || secretKey === "", "secretKey is missing"),
    ...problem(fallbacks.includes(""), "secretKeyFallbacks: one of them is empty; remove it"),
    ...problem(
      secretKey !== undefined && fallbacks.includes(secretKey),
      "secretKeyFallbacks: one of them is secretKey itself, which does nothing; leave it out"
    ),
    ...(isProduction ? secretProblems(secretKey, fallbacks) : []),
    ...cookieProblems("sessionCookie", session, options.allowedHosts),
    ...cookieProblems("csrfCookie", csrf, options.allowedHosts),
    ...problem(
      session.name === csrf.name,
      "sessionCookie.name and csrfCookie.name are the same; write two different names"
    ),
    ...problem(
      useSessions && options.csrfCookie !== undefined,
      "csrfCookie does nothing with csrfUseSessions: leave one of them out"
    ),
    ...problem(!isAge(cookieAgeSeconds), "sessionCookie.ageSeconds must be a whole number of seconds above 0"),
    ...problem(
      store.cookieAgeSeconds !== undefined && store.cookieAgeSeconds !== cookieAgeSeconds,
      "sessionCookie.ageSeconds and the session store's cookieAgeSeconds differ; write the same number in both"
    ),
    ...problem(
      store.cookieName !== undefined && store.cookieName !== session.name,
      "sessionCookie.name and the session store's cookieName differ; write the same name in both"
    ),
    ...problem(
      options.sessionSalt === "",
      "sessionSalt is empty; leave it out, or write the salt of the site's session engine"
    ),
    ...problem(
      !isTimeZone(clock.timeZone),
      'timeZone is not the name of a time zone; write one such as "Europe/Berlin"'
    ),
    ...problem(
      csrfAgeSeconds !== undefined && !isAge(csrfAgeSeconds),
      "csrfCookie.ageSeconds must be null or a whole number of seconds above 0"
    ),
    ...problem(
      backends.length === 0,
      "backends is empty, so no user can log in; add a backend, such as modelBackend(pg.users)"
    ),
    ...problem(backends.includes(""), "backends: the name of a backend is empty; write Django's dotted path of it"),
    ...allowedHostsProblems(allowedHosts),
    ...nextHostsProblems(options.nextAllowedHosts ?? []),
    ...headerNameProblems("secureProxyHeader: the first item", secureProxyHeader?.[0]),
    ...headerNameProblems("csrfHeaderName", csrfHeaderName),
    ...problem(
      trustedOrigins.includes(undefined),
      'csrfTrustedOrigins: an entry is not an origin; write one such as "https://example.com" or "https://*.example.com"'
    ),
    ...trustedOrigins.flatMap(unsentProblem),
    ...problem(
      redirectLocation(loginUrl)._tag !== "Location" || loginUrl === "",
      'loginUrl is not a path or URL of a page; write one such as "/login/"'
    ),
    ...problem(nextField === "", 'redirectFieldName is empty; write a name such as "next"'),
    ...problem(
      remoteUser !== undefined && remoteUser.header === undefined,
      'remoteUser.header is missing; write the name of the header that the proxy sets, such as "X-Remote-User"'
    ),
    ...headerNameProblems("remoteUser.header", remoteUser?.header),
    ...problem(
      remoteUser !== undefined && !hasRemoteUsers,
      "remoteUser: none of the backends is a remoteUserBackend, so no user can log in; add one to backends"
    ),
    ...passwordResetProblems(options),
    ...problem(
      maximumSessionBytes !== undefined && !(maximumSessionBytes >= 1024),
      "maximumSessionBytes must be at least 1024"
    ),
    ...problem(!(deadlineSeconds > 0), "deadlineSeconds must be above 0")
  ]
  if (problems.length > 0 || secretKey === undefined || version === undefined)
    throw new ConfigurationInvalid({ problems })

  return {
    auth: Auth.settings({ ...options, secretKey, backends, realms, ...(store.codec && { codec: store.codec }) }),
    http,
    login: { http, loginUrl, nextField },
    next: { http, nextField, successHosts: options.nextAllowedHosts ?? [] },
    remoteUser: remoteUser && { header: remoteUser.header, persistent: remoteUser.persistent ?? false },
    passwordReset: passwordResetSettings(options, clock, {
      secret: secretKey,
      fallbacks,
      readsSha1: version.readsSha1
    }),
    csrf: {
      http,
      headerName: csrfHeaderName,
      trustedOrigins: trustedOrigins.filter((origin) => origin !== undefined),
      cookieDomain: useSessions ? session.domain : csrf.domain,
      ignoresOrigin: version.ignoresOrigin,
      generalizesReasons: version.generalizesCsrfReasons
    },
    deadlineSeconds,
    cacheControl: options.cacheControl ?? "private",
    warnings: isProduction
      ? [
          ...problem(!session.secure, insecure("sessionCookie", "the session's key")),
          ...problem(!csrf.secure && !useSessions, insecure("csrfCookie", "the CSRF secret")),
          ...problem(
            allowedHosts.includes("*"),
            "allowedHosts allows every host, so a client's Host header decides where links and redirects lead; name the hosts of the site"
          ),
          ...problem(
            allowedHosts.length === 0,
            "allowedHosts is empty: every form of a browser is refused; name the hosts of the site"
          )
        ]
      : []
  }
}

const insecure = (setting: string, what: string): string =>
  `${setting}.secure is false: browsers send ${what} without encryption to http:// pages; ` +
  `write ${setting}: { secure: true }`

const secretProblems = (secretKey: string | undefined, fallbacks: ReadonlyArray<string>): ReadonlyArray<string> =>
  [
    secretKey === undefined || secretKey === "" ? undefined : weakness("secretKey", secretKey),
    ...fallbacks.map((key) => (key === "" ? undefined : weakness("secretKeyFallbacks: one of them", key)))
  ].filter((text) => text !== undefined)

/** The hosts that Django allows with DEBUG if ALLOWED_HOSTS is empty. */
const localHosts = [".localhost", "127.0.0.1", "[::1]"]

const problem = (holds: boolean, text: string): ReadonlyArray<string> => (holds ? [text] : [])

const isTimeZone = (name: string): boolean => {
  try {
    offsetSecondsOf(name, 0)
    return true
  } catch {
    return false
  }
}

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

const isAge = (seconds: number): boolean => Number.isSafeInteger(seconds) && seconds > 0
