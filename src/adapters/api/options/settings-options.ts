/**
 * The settings of an application. Most correspond to a Django setting, which the docstring names, and have its default.
 * If a Django site uses the same database, its settings must have the same values.
 */
import type { SessionAndCsrfOptions } from "../../../core/auth/state/auth-settings.ts"
import type { CsrfMode } from "../../../core/csrf/check-request.ts"
import type { PasswordResetOptions } from "../../account/password-reset.ts"
import type { DeviceBoundOptions } from "./device-bound-options.ts"

export type { CookieOptions } from "./cookie-options.ts"

/** One of the kinds of data that a browser keeps for a site. */
export type SiteData = "cache" | "cookies" | "storage" | "executionContexts"

/** What `Clear-Site-Data` can delete. */
export const siteDataKinds: ReadonlyArray<SiteData> = ["cache", "cookies", "storage", "executionContexts"]

/** The settings of an application. Each names its Django setting. */
export interface SettingsOptions extends SessionAndCsrfOptions, PasswordResetOptions {
  /**
   * SECRET_KEY, which signs stored data. In production it needs at least 32 characters, and example keys are refused.
   */
  readonly secretKey: string | undefined
  /**
   * How a request that may change something shows that no page of another site sent it. `"token"` (default): by a CSRF
   * token, as in Django. `"fetch-metadata"`: by the headers `Sec-Fetch-Site` and `Origin` of its browser. Only clients
   * that send neither still need a token.
   */
  readonly csrfMode?: CsrfMode
  /** CSRF_HEADER_NAME, but as the name of the HTTP header. Default `X-CSRFToken`. */
  readonly csrfHeaderName?: string
  /** CSRF_TRUSTED_ORIGINS: `https://a.example`, `https://*.example.com`. */
  readonly csrfTrustedOrigins?: ReadonlyArray<string>
  /**
   * What browsers delete at a logout: the header `Clear-Site-Data` on responses to https requests that logged out.
   * `cookies` deletes all cookies of the registrable domain, those of other subdomains included. Default: the header is
   * not sent.
   */
  readonly clearSiteData?: ReadonlyArray<SiteData>
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
   * The `Cache-Control` header that latchkey adds to responses that have none and set one of its cookies. Default
   * `"private"`, so that a shared cache does not send one client's cookie to others. `"no-store"` is also added if the
   * handler read the session or the user. `false` adds no header, as in Django.
   */
  readonly cacheControl?: "private" | "no-store" | false
  /**
   * How long one request may wait for all of its stores together, in seconds. Then it is answered with 503. Reading the
   * body, hashing and the work of the handler do not count. A request whose session is changed by other requests at the
   * same time tries to write it for so long. Default 3, or the longest time that one call of a store may take, if that
   * is more.
   */
  readonly deadlineSeconds?: number
  /**
   * Binds sessions to the devices of their users (DBSC): browsers that can do so prove with a private key that they are
   * the device that logged in, and a copied session cookie stops working within minutes. Begin with
   * `{ mode: "observe" }`. Default: sessions are not bound.
   */
  readonly deviceBound?: DeviceBoundOptions | undefined
}
