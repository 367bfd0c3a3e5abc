import type { CsrfCookieState, CsrfSettings } from "../../csrf/csrf-cookie.ts"
import * as Csrf from "../../csrf/csrf-cookie.ts"
import type { SessionSettings } from "../../session/value/session-settings.ts"
import type { CookiePresence } from "../../session/writing/commit.ts"
import type { FreshValues } from "../../transition.ts"

/** The logged-in user as the session stores it. */
export interface Principal {
  /** The text form of the user's primary key. */
  readonly id: string
  /** Name of the backend that authenticated the user. */
  readonly backend: string
  /** The session auth hash. Changes with the user's password. */
  readonly authHash: string
}

/** A user, and the principal that the session stores for this user. */
export interface Authenticated<User> {
  /** The application's record of the user. */
  readonly user: User
  /** The principal that the session stores. */
  readonly principal: Principal
}

/** A user as a backend returned it, with session auth hashes in place of the password. */
export interface UserWithHashes<User> {
  /** The name of the backend that returned the user. */
  readonly backend: string
  /** The text form of the user's primary key. */
  readonly id: string
  /** The application's record of the user. */
  readonly user: User
  /** Made with the secret key first, then with each fallback key. */
  readonly authHashes: AuthHashes
}

/** Session auth hashes of one password: made with the secret key, then with each fallback key. */
export type AuthHashes = readonly [current: string, ...older: ReadonlyArray<string>]

/** What the operations know about the request and its user. */
export interface RequestState<User> extends CookiePresence {
  /** The CSRF secret of this request. */
  readonly csrf: CsrfCookieState
  /** The CSRF cookie as the client sent it. CSRF checks use this value. */
  readonly csrfCookie: string | undefined
  /** `undefined` while the user has not been asked for. */
  readonly user: Resolved<User> | undefined
  /** A user that the store returned together with the session. Used only if the session names this user. */
  readonly prefetched: PrefetchedUser<User> | undefined
}

/** The user of the request, once it is known. */
export type Resolved<User> =
  /** This user is logged in. */
  | { readonly _tag: "Authenticated"; readonly user: User; readonly principal: Principal }
  /** No user is logged in. */
  | { readonly _tag: "Anonymous" }

/** A user that the store returned together with the session. It may not be the session's user. */
export interface PrefetchedUser<User> {
  /** The name of the user's backend. */
  readonly backend: string
  /** The text form of the user's primary key. */
  readonly id: string
  /** The user; `undefined`: the backend has no such user. */
  readonly user: UserWithHashes<User> | undefined
}

/** Every setting for authentication. Made once, when the application starts. */
export interface AuthSettings {
  /** The settings of sessions. */
  readonly session: SessionSettings
  /** The settings of the CSRF secret. */
  readonly csrf: CsrfSettings
  /** AUTHENTICATION_BACKENDS: the names, in order. */
  readonly backends: ReadonlyArray<string>
  /**
   * The realm of each backend: backends with the same users have the same realm. A backend that is not listed has a
   * realm of its own.
   */
  readonly realms: ReadonlyMap<string, string>
  /** Whether a login stores its time in the session. Default false. */
  readonly recordsLogins?: boolean
  /** Whether a login of the session's own user renews the session key too. Default false. */
  readonly renewsKeyAtEveryLogin?: boolean
  /** Returns the session auth hashes of an encoded password. */
  readonly authHashes: (password: string) => AuthHashes
}

/** The user of a request without a login. */
export const anonymous: Resolved<never> = { _tag: "Anonymous" }

/** The request's session cookie and CSRF cookie; `undefined`: not sent. */
export interface PresentedCookies {
  /** The value of the session cookie. */
  readonly session: string | undefined
  /** The value of the CSRF cookie. */
  readonly csrf: string | undefined
}

/**
 * The state at the start of a request.
 *
 * @param fresh has the CSRF secret that replaces a malformed one
 */
export const opened = <User>(
  settings: Pick<AuthSettings, "csrf">,
  cookies: PresentedCookies,
  fresh: FreshValues
): RequestState<User> => ({
  sessionCookiePresented: cookies.session !== undefined,
  csrf: Csrf.opened(settings.csrf, cookies.csrf, fresh),
  csrfCookie: cookies.csrf,
  user: undefined,
  prefetched: undefined
})
