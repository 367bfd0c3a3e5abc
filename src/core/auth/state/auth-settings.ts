/** Makes the core's settings from options, most of which correspond to a Django setting and have its default. */
import type { CsrfSettings } from "../../csrf/csrf-cookie.ts"
import { type DeviceBoundOptions, deviceBoundSettings } from "../../device-bound/device-settings.ts"
import type { DjangoVersion, DjangoVersionSettings } from "../../django-version.ts"
import { defaultDjangoVersion, djangoVersions, isDjangoVersion } from "../../django-version.ts"
import { type CookieOptions, cookieSettings } from "../../http/cookies/cookie-settings.ts"
import type { LifetimeLimits, LifetimeSettings } from "../../session/lifetime/lifetime.ts"
import { defaultMaximumBytes, makeCodec, type StoreCodecSettings, storeSalt } from "../../session/text/codec.ts"
import type { SessionCodec, SessionSettings, UserSessionSettings } from "../../session/value/session-settings.ts"

import { defaultClock } from "../../time-zone.ts"
import { makeAuthHashes } from "./auth-hash.ts"
import type { AuthSettings } from "./request-state.ts"

/** The options for sessions and the CSRF secret. Each names its Django setting. */
export interface SessionAndCsrfOptions {
  /**
   * The version of the Django site that uses the same database, `"3.2"` to `"6.2"`. Everything that a client or that
   * Django can observe is as in this version, also its weaknesses. Or a row of `djangoVersions`, in which you can
   * change single values. Default `"5.2"`.
   */
  readonly djangoVersion?: DjangoVersion | DjangoVersionSettings
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
  /**
   * How long sessions with a user last, besides Django's settings: they end after `idleSeconds` without a request, and
   * `absoluteSeconds` after the login. Default: only Django's settings count.
   */
  readonly lifetime?: LifetimeOptions
  /**
   * Asks users to prove again who they are, before pages that call `requireRecentLogin`. With this option every login
   * is recorded in the session data. Default: off.
   */
  readonly reauthentication?: ReauthenticationOptions
  /**
   * Also a login of the user that the session is logged in as already gives the session a new key. Default false: the
   * key stays, as in Django.
   */
  readonly renewKeyAtEveryLogin?: boolean
  /** CSRF_COOKIE_*. Default `csrftoken`, 52 weeks, readable by scripts, SameSite Lax. */
  readonly csrfCookie?: CookieOptions & {
    /** CSRF_COOKIE_AGE. Default 31449600; `null` for a cookie that expires when the browser closes. */
    readonly ageSeconds?: number | null
  }
  /** CSRF_USE_SESSIONS: stores the CSRF secret in the session instead of a cookie. */
  readonly csrfUseSessions?: boolean
  /**
   * The maximum size of a session's JSON text. Default 16 MiB. If a stored session is larger (Django has no limit),
   * reading it fails with `StoreUnavailable`, and the row stays unchanged.
   */
  readonly maximumSessionBytes?: number
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

/** Seconds after which a session with a user ends. */
export interface LifetimeOptions extends LifetimeLimits {
  /**
   * How often a request that only reads the session writes that it was used. A session may end this much earlier than
   * `idleSeconds` after its last use, never later. Default a tenth of the shortest `idleSeconds`, at most 60.
   */
  readonly renewalSeconds?: number
  /** The limits of logins with `remember: true`. Default: the same as for other logins. */
  readonly remembered?: LifetimeLimits
}

/** Where and when users prove again who they are. */
export interface ReauthenticationOptions {
  /** The page that asks for the proof. Default `/accounts/reauthenticate/`, which the account pages have. */
  readonly url?: string
}

/** The options of {@link settings}. */
export interface AuthSettingsOptions extends SessionAndCsrfOptions {
  /** SECRET_KEY, which signs stored data. `undefined` and `""` are refused. */
  readonly secretKey: string | undefined
  /**
   * AUTHENTICATION_BACKENDS: the names of the backends, in order. Default
   * `["django.contrib.auth.backends.ModelBackend"]`.
   */
  readonly backends?: ReadonlyArray<string>
  /**
   * The realm of each backend: backends with the same users have the same realm. Default: every backend has a realm of
   * its own.
   */
  readonly realms?: ReadonlyMap<string, string>
  /** Makes the codec for the text of stored sessions. Default: `makeCodec`, which makes Django's signed text. */
  readonly codec?: (settings: StoreCodecSettings) => SessionCodec
  /** Records the sessions of users. Default: they are not recorded. */
  readonly userSessions?: UserSessionSettings | undefined
  /** Binds sessions to the devices of their users. Default: they are not bound. */
  readonly deviceBound?: DeviceBoundOptions | undefined
}

/**
 * The settings of the core's operations, with Django's defaults.
 *
 * ```ts
 * const settings = Core.settings({ secretKey: process.env.SECRET_KEY, saveEveryRequest: true })
 * ```
 *
 * @throws {TypeError} without a secret key, for an empty fallback key, and for a Django version that does not exist.
 * Nothing else is checked: `createAuth` also refuses values that have no effect or are unsafe.
 */
export const settings = (options: AuthSettingsOptions): AuthSettings => {
  const { backends = [modelBackend], codec = makeCodec, realms = new Map() } = options
  const { secretKey: secret, secretKeyFallbacks: fallbacks = [] } = options
  if (secret === undefined || secret === "")
    throw new TypeError("settings: secretKey is missing; pass the SECRET_KEY of the site")
  if (fallbacks.includes("")) throw new TypeError("settings: one of secretKeyFallbacks is empty; remove it")
  const version = versionOf(options)
  const session = sessionSettings(options, version)
  return {
    session: {
      codec: codec({
        secret,
        fallbacks,
        maximumBytes: options.maximumSessionBytes ?? defaultMaximumBytes,
        salt: options.sessionSalt ?? storeSalt,
        readsSha1: version.readsSha1,
        cookieName: session.cookie.name
      }),
      ...session,
      ...(options.lifetime === undefined ? {} : { lifetime: lifetimeSettings(options.lifetime) }),
      ...(options.userSessions === undefined ? {} : { userSessions: options.userSessions }),
      ...(options.deviceBound === undefined
        ? {}
        : { deviceBound: deviceBoundSettings(options.deviceBound, session.cookie, { secret, fallbacks }) })
    },
    csrf: csrfSettings(options, version),
    ...(options.lifetime !== undefined || options.reauthentication !== undefined ? { recordsLogins: true } : {}),
    ...(options.renewKeyAtEveryLogin === true ? { renewsKeyAtEveryLogin: true } : {}),
    backends,
    realms,
    authHashes: makeAuthHashes(secret, fallbacks, version.readsSha1)
  }
}

/** The settings of sessions, without the codec. */
export const sessionSettings = (
  options: SessionAndCsrfOptions,
  version: DjangoVersionSettings
): Omit<Required<SessionSettings>, "codec" | "userSessions" | "lifetime" | "deviceBound"> => ({
  cookie: cookieSettings("sessionid", true, options.sessionCookie),
  cookieAgeSeconds: options.sessionCookie?.ageSeconds ?? 1_209_600,
  expireAtBrowserClose: options.expireAtBrowserClose ?? false,
  clock: {
    timeZone: options.timeZone ?? defaultClock.timeZone,
    useTimeZones: options.useTimeZones ?? defaultClock.useTimeZones
  },
  saveEveryRequest: options.saveEveryRequest ?? false,
  savesServerErrors: version.savesServerErrors,
  refusesInstants: version.refusesInstants
})

/** The settings of lifetimes, with their defaults. */
export const lifetimeSettings = (options: LifetimeOptions): LifetimeSettings => {
  const shortest = Math.min(options.idleSeconds ?? 600, options.remembered?.idleSeconds ?? 600)
  return { ...options, renewalSeconds: options.renewalSeconds ?? Math.min(60, shortest / 10) }
}

/** The settings of the CSRF secret. */
export const csrfSettings = (
  { csrfCookie, csrfUseSessions: useSessions = false }: SessionAndCsrfOptions,
  version: DjangoVersionSettings
): CsrfSettings => ({
  cookie: cookieSettings("csrftoken", false, csrfCookie),
  cookieAgeSeconds: csrfCookie?.ageSeconds === undefined ? 31_449_600 : (csrfCookie.ageSeconds ?? undefined),
  useSessions,
  masksSecret: version.masksCsrfSecret,
  keepsMalformed: version.keepsMalformedCsrf
})

const versionOf = ({ djangoVersion = defaultDjangoVersion }: SessionAndCsrfOptions): DjangoVersionSettings => {
  if (typeof djangoVersion !== "string") return djangoVersion
  if (!isDjangoVersion(djangoVersion))
    throw new TypeError(`settings: djangoVersion is none of ${Object.keys(djangoVersions).join(", ")}`)
  return djangoVersions[djangoVersion]
}

const modelBackend = "django.contrib.auth.backends.ModelBackend"
