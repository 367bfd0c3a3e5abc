/**
 * The settings of an application. Most correspond to a Django setting, which is named, and have its default. If a Django
 * site uses the same database, its settings must have the same values.
 */
import type { DjangoVersion, DjangoVersionSettings } from "../../core/django-version.ts"
import type { PasswordResetOptions } from "../account/password-reset.ts"
import type { CookieOptions } from "./cookie-options.ts"

export type { CookieOptions } from "./cookie-options.ts"

/** The settings of an application. Each names its Django setting. */
export interface SettingsOptions extends PasswordResetOptions {
  /**
   * The version of the Django site that uses the same database, `"3.2"` to `"6.2"`. Everything that a client or that
   * Django can observe is as in this version, also its weaknesses. Or a row of `djangoVersions`, in which you can change single
   * values. Default `"5.2"`.
   */
  readonly djangoVersion?: DjangoVersion | DjangoVersionSettings
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
  readonly remoteUser?: {
    /** The name of the HTTP header, such as `X-Remote-User`. */
    readonly header: string
    /** Whether a user stays logged in when a request has no header. Default false. */
    readonly persistent?: boolean
  }
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
