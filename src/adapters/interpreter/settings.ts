/**
 * The settings of an application, checked when it starts. Most correspond to a Django setting, which is named, and have
 * its default. If a Django site uses the same database, its settings must have the same values.
 */
import { makeAuthHashes } from "../../core/auth/auth-hash.ts"
import type { LoginRedirectSettings } from "../../core/auth/login-redirect.ts"
import type { NextSettings } from "../../core/auth/next-url.ts"
import type { AuthSettings } from "../../core/auth/request-state.ts"
import type { CheckSettings } from "../../core/csrf/check.ts"
import * as TrustedOrigins from "../../core/csrf/trusted-origins.ts"
import type { HostSettings } from "../../core/http/host.ts"
import { redirectLocation } from "../../core/http/redirect-location.ts"
import { defaultPeer, isPeer, type Peer, type PeerSettings, peers } from "../../core/peer.ts"
import { defaultMaximumBytes, makeCodec, storeSalt } from "../../core/session/codec.ts"
import { type DjangoClock, defaultClock, offsetSecondsOf } from "../../core/time-zone.ts"
import { type CookieOptions, cookieProblems, cookieSettings } from "./cookie-options.ts"
import { ConfigurationInvalid } from "./errors.ts"
import { allowedHostsProblems, headerNameProblems, nextHostsProblems } from "./host-options.ts"
import {
  type PasswordResetOptions,
  type PasswordResetSettings,
  passwordResetProblems,
  passwordResetSettings
} from "./password-reset.ts"
import type { SessionStore } from "./ports.ts"
import type { RemoteUserHeader } from "./remote-user.ts"
import { weakness } from "./secret-key.ts"
import { settingKindProblems } from "./setting-kinds.ts"

export type { CookieOptions } from "./cookie-options.ts"

export interface SettingsOptions extends PasswordResetOptions {
  /**
   * The version of the Django site that uses the same database, `"3.2"` to `"6.2"`. Everything that a client or that
   * Django can observe is as in this version, also its weaknesses. Or a row of `peers`, in which you can change single
   * values. Default `"5.2"`.
   */
  readonly peer?: Peer | PeerSettings
  /**
   * SECRET_KEY, which signs stored data. In production it needs at least 32 characters, and example keys are refused.
   */
  readonly secretKey: string | undefined
  /** SECRET_KEY_FALLBACKS. Data that these keys signed is still accepted; nothing new is signed with them. */
  readonly secretKeyFallbacks?: ReadonlyArray<string>
  /** SESSION_COOKIE_*. Default `sessionid`, two weeks, HttpOnly, SameSite Lax. */
  readonly sessionCookie?: CookieOptions & {
    /** SESSION_COOKIE_AGE. Default 1209600. */
    readonly ageSeconds?: number
  }
  /** SESSION_SAVE_EVERY_REQUEST. */
  readonly saveEveryRequest?: boolean
  /** SESSION_EXPIRE_AT_BROWSER_CLOSE. */
  readonly expireAtBrowserClose?: boolean
  /** CSRF_COOKIE_*. Default `csrftoken`, 52 weeks, readable by scripts, SameSite Lax. */
  readonly csrfCookie?: CookieOptions & {
    /** CSRF_COOKIE_AGE. Default 31449600; `null` for a cookie that expires when the browser closes. */
    readonly ageSeconds?: number | null
  }
  /** CSRF_USE_SESSIONS: stores the CSRF secret in the session instead of a cookie. */
  readonly csrfUseSessions?: boolean
  /** CSRF_HEADER_NAME, but as the name of the HTTP header. Default `X-CSRFToken`. */
  readonly csrfHeaderName?: string
  /** CSRF_TRUSTED_ORIGINS: `https://a.example`, `https://*.example.com`. */
  readonly csrfTrustedOrigins?: ReadonlyArray<string>
  /** LOGIN_URL: guards redirect anonymous visitors to it. Default `/accounts/login/`. */
  readonly loginUrl?: string
  /** REDIRECT_FIELD_NAME: the query field with the URL to go to after the login. Default `next`. */
  readonly redirectFieldName?: string
  /** `success_url_allowed_hosts`: other hosts that the URL in `next` may have. */
  readonly nextAllowedHosts?: ReadonlyArray<string>
  /**
   * ALLOWED_HOSTS. Default: none in production (NODE_ENV), otherwise `localhost`, its subdomains, `127.0.0.1` and
   * `[::1]`.
   */
  readonly allowedHosts?: ReadonlyArray<string>
  /** USE_X_FORWARDED_HOST. */
  readonly useForwardedHost?: boolean
  /** USE_X_FORWARDED_PORT. */
  readonly useForwardedPort?: boolean
  /** SECURE_PROXY_SSL_HEADER, but with the name of the HTTP header: `["X-Forwarded-Proto", "https"]`. */
  readonly secureProxyHeader?: readonly [name: string, value: string]
  /**
   * Logs in the user that a proxy or web server has authenticated, before the handler runs. The header names the user,
   * and a `remoteUserBackend` finds or creates it. A request without the header logs out a user that the header logged
   * in, unless `persistent` is true (RemoteUserMiddleware, PersistentRemoteUserMiddleware). Off by default.
   *
   * **A client that can send this header to the application can act as any user.** The proxy must set or remove the
   * header on every request, and clients must not be able to reach the application without the proxy.
   */
  readonly remoteUser?: { readonly header: string; readonly persistent?: boolean }
  /**
   * The maximum size of a session's JSON text. Default 16 MiB. If a stored session is larger (Django has no limit),
   * reading it fails with `StoreUnavailable`, and the row stays unchanged.
   */
  readonly maximumSessionBytes?: number
  /**
   * The `Cache-Control` header that latchkey adds to responses that have none and set one of its cookies. Default
   * `"private"`, so that a shared cache does not send one client's cookie to others. `"no-store"` is also added if the
   * handler read the session or the user. `false` adds no header, as in Django.
   */
  readonly cacheControl?: "private" | "no-store" | false
  /** How long a request may try to write its session. Default 3. */
  readonly deadlineSeconds?: number
  /**
   * The salt for signing stored sessions. Needed only if the class of Django's session engine is not called
   * `SessionStore`: then `django.contrib.sessions.` followed by the qualified name of the class. Applies to every store
   * that keeps Django's signed text.
   */
  readonly sessionSalt?: string
  /**
   * TIME_ZONE, an IANA name. Default `UTC`, as in projects that `startproject` made. Django computes the age of
   * password-reset links in local time. Without USE_TZ it also stores the expiry date of a session in local time.
   */
  readonly timeZone?: string
  /**
   * USE_TZ. Default true. With `false`, `session.setExpiry(date)` stores local time, as such a Django writes and reads
   * it. In that case the password-reset tokens of users with a last login also depend on `timeZone`.
   */
  readonly useTimeZones?: boolean
}

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
  const session = cookieSettings("sessionid", true, options.sessionCookie)
  const csrf = cookieSettings("csrftoken", false, options.csrfCookie)
  const {
    allowedHosts = isProduction ? [] : localHosts,
    deadlineSeconds = 3,
    maximumSessionBytes = defaultMaximumBytes,
    remoteUser,
    secretKey,
    secretKeyFallbacks: fallbacks = [],
    secureProxyHeader
  } = options
  const { peer: named = defaultPeer } = options
  const peer = typeof named === "string" ? (isPeer(named) ? peers[named] : undefined) : named
  const cookieAgeSeconds = options.sessionCookie?.ageSeconds ?? 1_209_600
  const csrfAgeSeconds = options.csrfCookie?.ageSeconds === undefined ? 31_449_600 : options.csrfCookie.ageSeconds

  const { csrfHeaderName = "X-CSRFToken", csrfTrustedOrigins = [], csrfUseSessions = false } = options
  const { loginUrl = "/accounts/login/", redirectFieldName: nextField = "next" } = options
  const clock: DjangoClock = {
    timeZone: options.timeZone ?? defaultClock.timeZone,
    useTimeZones: options.useTimeZones ?? defaultClock.useTimeZones
  }
  const trustedOrigins = csrfTrustedOrigins.map(TrustedOrigins.parse)
  const http: HostSettings = {
    allowedHosts,
    useForwardedHost: options.useForwardedHost ?? false,
    useForwardedPort: options.useForwardedPort ?? false,
    secureProxyHeader
  }

  const problems = [
    ...problem(peer === undefined, `peer is none of ${Object.keys(peers).join(", ")}`),
    ...problem(secretKey === undefined || secretKey === "", "secretKey is missing"),
    ...problem(fallbacks.includes(""), "secretKeyFallbacks: one of them is empty"),
    ...problem(
      secretKey !== undefined && fallbacks.includes(secretKey),
      "secretKeyFallbacks: one of them is secretKey itself, which does nothing; leave it out"
    ),
    ...(isProduction ? secretProblems(secretKey, fallbacks) : []),
    ...cookieProblems("sessionCookie", session, options.allowedHosts),
    ...cookieProblems("csrfCookie", csrf, options.allowedHosts),
    ...problem(session.name === csrf.name, "sessionCookie.name and csrfCookie.name are the same"),
    ...problem(
      csrfUseSessions && options.csrfCookie !== undefined,
      "csrfCookie does nothing with csrfUseSessions: leave one of them out"
    ),
    ...problem(!isAge(cookieAgeSeconds), "sessionCookie.ageSeconds is not a whole number of seconds above 0"),
    ...problem(
      store.cookieAgeSeconds !== undefined && store.cookieAgeSeconds !== cookieAgeSeconds,
      "sessionCookie.ageSeconds and the session store's cookieAgeSeconds differ"
    ),
    ...problem(
      store.cookieName !== undefined && store.cookieName !== session.name,
      "sessionCookie.name and the session store's cookieName differ"
    ),
    ...problem(options.sessionSalt === "", "sessionSalt is empty"),
    ...problem(!isTimeZone(clock.timeZone), "timeZone is not the name of a time zone"),
    ...problem(
      csrfAgeSeconds !== null && !isAge(csrfAgeSeconds),
      "csrfCookie.ageSeconds is neither null nor a whole number of seconds above 0"
    ),
    ...problem(backends.length === 0, "backends: there is none, so no user could ever be authenticated"),
    ...problem(backends.includes(""), "backends: a name is empty"),
    ...allowedHostsProblems(allowedHosts),
    ...nextHostsProblems(options.nextAllowedHosts ?? []),
    ...headerNameProblems("secureProxyHeader: the first item", secureProxyHeader?.[0]),
    ...headerNameProblems("csrfHeaderName", csrfHeaderName),
    ...problem(
      trustedOrigins.includes(undefined),
      "csrfTrustedOrigins: an entry is not of the form scheme://host, with *. at most in front of the host"
    ),
    ...trustedOrigins.flatMap(unsentProblem),
    ...problem(
      redirectLocation(loginUrl)._tag !== "Location" || loginUrl === "",
      "loginUrl is not a path or URL that a browser can be sent to"
    ),
    ...problem(nextField === "", "redirectFieldName is empty"),
    ...problem(remoteUser !== undefined && remoteUser.header === undefined, "remoteUser.header is missing"),
    ...headerNameProblems("remoteUser.header", remoteUser?.header),
    ...problem(
      remoteUser !== undefined && !hasRemoteUsers,
      "remoteUser: none of the backends is a remoteUserBackend, so no user could be logged in"
    ),
    ...passwordResetProblems(options),
    ...problem(!(maximumSessionBytes >= 1024), "maximumSessionBytes is below 1024"),
    ...problem(!(deadlineSeconds > 0), "deadlineSeconds is not above 0")
  ]
  if (problems.length > 0 || secretKey === undefined || peer === undefined) throw new ConfigurationInvalid({ problems })

  return {
    auth: {
      session: {
        codec: (store.codec ?? makeCodec)({
          secret: secretKey,
          fallbacks,
          maximumBytes: maximumSessionBytes,
          salt: options.sessionSalt ?? storeSalt,
          readsSha1: peer.readsSha1,
          cookieName: session.name
        }),
        cookie: session,
        cookieAgeSeconds,
        expireAtBrowserClose: options.expireAtBrowserClose ?? false,
        clock,
        saveEveryRequest: options.saveEveryRequest ?? false,
        savesServerErrors: peer.savesServerErrors,
        refusesInstants: peer.refusesInstants
      },
      csrf: {
        cookie: csrf,
        cookieAgeSeconds: csrfAgeSeconds ?? undefined,
        useSessions: csrfUseSessions,
        masksSecret: peer.masksCsrfSecret,
        keepsMalformed: peer.keepsMalformedCsrf
      },
      backends,
      realms,
      authHashes: makeAuthHashes(secretKey, fallbacks, peer.readsSha1)
    },
    http,
    login: { http, loginUrl, nextField },
    next: { http, nextField, successHosts: options.nextAllowedHosts ?? [] },
    remoteUser: remoteUser && { header: remoteUser.header, persistent: remoteUser.persistent ?? false },
    passwordReset: passwordResetSettings(options, clock, { secret: secretKey, fallbacks, readsSha1: peer.readsSha1 }),
    csrf: {
      http,
      headerName: csrfHeaderName,
      trustedOrigins: trustedOrigins.filter((origin) => origin !== undefined),
      cookieDomain: csrfUseSessions ? session.domain : csrf.domain,
      ignoresOrigin: peer.ignoresOrigin,
      generalizesReasons: peer.generalizesCsrfReasons
    },
    deadlineSeconds,
    cacheControl: options.cacheControl ?? "private",
    warnings: isProduction
      ? [
          ...problem(!session.secure, insecure("sessionCookie", "the session's key")),
          ...problem(!csrf.secure && !csrfUseSessions, insecure("csrfCookie", "the CSRF secret")),
          ...problem(
            allowedHosts.includes("*"),
            "allowedHosts allows every host: links and redirects go where the client says; name the hosts of the site"
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
