/**
 * The settings of `createAuth` that correspond to Django's: name, Django's name, default. docs/settings.md is made from
 * this table. A test compares the defaults with those that latchkey uses.
 */
import type { CookieOptions } from "../../src/adapters/api/options/cookie-options.ts"
import type { SettingsOptions } from "../../src/adapters/api/options/settings-options.ts"

export interface Setting {
  /** The name of Django's setting; `undefined` if Django has none. */
  readonly django: string | undefined
  /** The default. `undefined`: the setting is absent, which {@link Setting.note} explains, or it is required. */
  readonly standard: unknown
  /** What the table cannot say otherwise. */
  readonly note?: string
}

/** The parts of nested settings are rows of their own. */
type Nested = "sessionCookie" | "csrfCookie" | "remoteUser"
type Cookie = keyof CookieOptions | "ageSeconds"
export type SettingName =
  | Exclude<keyof SettingsOptions, Nested>
  | `sessionCookie.${Cookie}`
  | `csrfCookie.${Cookie}`
  | `remoteUser.${keyof NonNullable<SettingsOptions["remoteUser"]>}`

const setting = (django: string | undefined, standard: unknown, note?: string): Setting => ({
  django,
  standard,
  ...(note === undefined ? {} : { note })
})

export const settings: Readonly<Record<SettingName, Setting>> = {
  secretKey: setting("SECRET_KEY", undefined, "required"),
  secretKeyFallbacks: setting("SECRET_KEY_FALLBACKS", []),
  djangoVersion: setting(undefined, "5.2", "the version of the Django site that shares the database"),
  allowedHosts: setting("ALLOWED_HOSTS", [".localhost", "127.0.0.1", "[::1]"], "in production none"),
  useForwardedHost: setting("USE_X_FORWARDED_HOST", false),
  useForwardedPort: setting("USE_X_FORWARDED_PORT", false),
  secureProxyHeader: setting("SECURE_PROXY_SSL_HEADER", undefined, "with the name of the HTTP header"),
  "sessionCookie.name": setting("SESSION_COOKIE_NAME", "sessionid"),
  "sessionCookie.ageSeconds": setting("SESSION_COOKIE_AGE", 1_209_600, "two weeks"),
  "sessionCookie.domain": setting("SESSION_COOKIE_DOMAIN", undefined, "the host of the request only"),
  "sessionCookie.path": setting("SESSION_COOKIE_PATH", "/"),
  "sessionCookie.secure": setting("SESSION_COOKIE_SECURE", false, "set it to true in production"),
  "sessionCookie.httpOnly": setting("SESSION_COOKIE_HTTPONLY", true),
  "sessionCookie.sameSite": setting("SESSION_COOKIE_SAMESITE", "Lax"),
  "sessionCookie.partitioned": setting(
    undefined,
    false,
    'for frames of other sites; needs `secure` and `sameSite: "None"`'
  ),
  saveEveryRequest: setting("SESSION_SAVE_EVERY_REQUEST", false),
  expireAtBrowserClose: setting("SESSION_EXPIRE_AT_BROWSER_CLOSE", false),
  lifetime: setting(undefined, undefined, "off; see lifetimes.md"),
  reauthentication: setting(undefined, undefined, "off; see re-authentication.md"),
  renewKeyAtEveryLogin: setting(undefined, false, "a login of the same user too"),
  maximumSessionBytes: setting(undefined, 16 * 1024 * 1024, "bytes of a session's JSON text"),
  sessionSalt: setting(undefined, "django.contrib.sessions.SessionStore", "depends on SESSION_ENGINE"),
  "csrfCookie.name": setting("CSRF_COOKIE_NAME", "csrftoken"),
  "csrfCookie.ageSeconds": setting("CSRF_COOKIE_AGE", 31_449_600, "52 weeks; null: until the browser closes"),
  "csrfCookie.domain": setting("CSRF_COOKIE_DOMAIN", undefined, "the host of the request only"),
  "csrfCookie.path": setting("CSRF_COOKIE_PATH", "/"),
  "csrfCookie.secure": setting("CSRF_COOKIE_SECURE", false, "set it to true in production"),
  "csrfCookie.httpOnly": setting("CSRF_COOKIE_HTTPONLY", false),
  "csrfCookie.sameSite": setting("CSRF_COOKIE_SAMESITE", "Lax"),
  "csrfCookie.partitioned": setting(
    undefined,
    false,
    'for frames of other sites; needs `secure` and `sameSite: "None"`'
  ),
  csrfUseSessions: setting("CSRF_USE_SESSIONS", false),
  csrfMode: setting(undefined, "token", '"fetch-metadata": no tokens for browsers; see [Forms and CSRF](csrf.md)'),
  csrfHeaderName: setting("CSRF_HEADER_NAME", "X-CSRFToken", "the name of the HTTP header"),
  csrfTrustedOrigins: setting("CSRF_TRUSTED_ORIGINS", []),
  clearSiteData: setting(undefined, undefined, "none; see [Sessions](sessions.md#what-a-logout-deletes)"),
  loginUrl: setting("LOGIN_URL", "/accounts/login/"),
  redirectFieldName: setting(undefined, "next", "Django's REDIRECT_FIELD_NAME, a constant"),
  nextAllowedHosts: setting(undefined, [], "`success_url_allowed_hosts` of Django's LoginView"),
  "remoteUser.header": setting(undefined, undefined, "required if `remoteUser` is set; see RemoteUserMiddleware"),
  "remoteUser.persistent": setting(undefined, false, "true: PersistentRemoteUserMiddleware"),
  passwordResetTimeoutSeconds: setting("PASSWORD_RESET_TIMEOUT", 259_200, "three days"),
  timeZone: setting("TIME_ZONE", "UTC"),
  useTimeZones: setting("USE_TZ", true),
  deviceBound: setting(undefined, undefined, "an object; sessions are not bound"),
  cacheControl: setting(undefined, "private"),
  deadlineSeconds: setting(undefined, 3, "or the longest deadline of a store")
}
