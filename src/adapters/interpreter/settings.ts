/**
 * The settings of an application, checked when it starts. Each stands for a Django setting and has Django's default;
 * beside a live Django both sides must say the same.
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
   * The version of the Django that shares the database, `"3.2"` to `"6.2"`: what a client or that Django could tell from
   * another version is as there, its weaknesses included. Or a row of `peers`, with what is wanted otherwise. `"5.2"`.
   */
  readonly peer?: Peer | PeerSettings
  /** SECRET_KEY. Signs what is stored. In production at least 32 characters, and none that stand in an example. */
  readonly secretKey: string | undefined
  /** SECRET_KEY_FALLBACKS. What these signed is still read; nothing is signed with them. */
  readonly secretKeyFallbacks?: ReadonlyArray<string>
  /** SESSION_COOKIE_*. `sessionid`, two weeks, HttpOnly, SameSite Lax. */
  readonly sessionCookie?: CookieOptions & {
    /** SESSION_COOKIE_AGE, 1209600. */
    readonly ageSeconds?: number
  }
  /** SESSION_SAVE_EVERY_REQUEST. */
  readonly saveEveryRequest?: boolean
  /** SESSION_EXPIRE_AT_BROWSER_CLOSE. */
  readonly expireAtBrowserClose?: boolean
  /** CSRF_COOKIE_*. `csrftoken`, 52 weeks, readable by scripts, SameSite Lax. */
  readonly csrfCookie?: CookieOptions & {
    /** CSRF_COOKIE_AGE, 31449600; `null` for a cookie that ends with the browser. */
    readonly ageSeconds?: number | null
  }
  /** CSRF_USE_SESSIONS: the secret lives in the session instead of a cookie. */
  readonly csrfUseSessions?: boolean
  /** CSRF_HEADER_NAME, by the header's own name; `X-CSRFToken`. */
  readonly csrfHeaderName?: string
  /** CSRF_TRUSTED_ORIGINS: `https://a.example`, `https://*.example.com`. */
  readonly csrfTrustedOrigins?: ReadonlyArray<string>
  /** LOGIN_URL, where guards redirect clients that are not logged in; `/accounts/login/`. */
  readonly loginUrl?: string
  /** REDIRECT_FIELD_NAME, the query field that tells the login page where to go afterwards; `next`. */
  readonly redirectFieldName?: string
  /** `success_url_allowed_hosts`: hosts besides this one that `next` may lead to. */
  readonly nextAllowedHosts?: ReadonlyArray<string>
  /** ALLOWED_HOSTS. None by default in production (NODE_ENV), this machine's own names elsewhere. */
  readonly allowedHosts?: ReadonlyArray<string>
  /** USE_X_FORWARDED_HOST. */
  readonly useForwardedHost?: boolean
  /** USE_X_FORWARDED_PORT. */
  readonly useForwardedPort?: boolean
  /** SECURE_PROXY_SSL_HEADER, by the header's own name: `["X-Forwarded-Proto", "https"]`. */
  readonly secureProxyHeader?: readonly [name: string, value: string]
  /**
   * Logs in the user that a proxy or web server in front has authenticated, before the handler runs: the header names the user,
   * a `remoteUserBackend` vouches for it. Without the header the user is logged out again; `persistent` keeps them
   * logged in (RemoteUserMiddleware, PersistentRemoteUserMiddleware). Off by default.
   *
   * **A client that can send this header to the application can act as any user.** The proxy must set it or remove it on
   * every request, and no client may reach the application around the proxy.
   */
  readonly remoteUser?: { readonly header: string; readonly persistent?: boolean }
  /**
   * The most JSON that a session may hold; 16 MiB. Where a stored session holds more (Django has no limit), reading it
   * fails with `StoreUnavailable`, and the row stays as it is.
   */
  readonly maximumSessionBytes?: number
  /**
   * `Cache-Control` of responses that set a cookie of latchkey and have no `Cache-Control` of their own. `"private"`, so
   * that no shared cache hands one client's cookie to others. `"no-store"`: the same for every response whose handler
   * read the session or the user, too. `false`: none is added, as by Django.
   */
  readonly cacheControl?: "private" | "no-store" | false
  /** How long one request may take over writing its session. 3. */
  readonly deadlineSeconds?: number
  /**
   * The salt of stored sessions, where Django's engine is a class of another name than `SessionStore`:
   * `django.contrib.sessions.` and the class's qualified name. It goes for every store whose texts are signed as rows.
   */
  readonly sessionSalt?: string
  /**
   * TIME_ZONE, an IANA name; `UTC`, as `startproject` writes. Django counts the age of password-reset links in its local
   * time, and without USE_TZ writes the end of a session in it.
   */
  readonly timeZone?: string
  /**
   * USE_TZ; true. `false`: `session.setExpiry(date)` is stored in local time, as that Django writes and reads it, and the
   * password-reset links of users who have logged in depend on `timeZone`.
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
  /** What works and is unsafe in production, one sentence for each setting. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * @param realms names of the authentication backends, in order, each with that of the users that it vouches for
 * @param store what it wants of the settings; nothing by default
 * @param hasRemoteUsers whether one of the backends takes remote users
 * @throws {ConfigurationInvalid} naming every setting that makes no sense
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

/** What Django allows while it is being developed with. */
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

/** Browsers write an origin in small letters, and without the port that is its scheme's own. */
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
