import type { CsrfSettings, CsrfSlot } from "../csrf/slot.ts"
import * as Csrf from "../csrf/slot.ts"
import type { CookiePresence } from "../session/respond.ts"
import type { SessionSettings } from "../session/settings.ts"
import type { Fresh } from "../transition.ts"

/** Whom a session acts as, as it will stand in the session. */
export interface Principal {
  /** The text form of the user's primary key. */
  readonly id: string
  /** Name of the backend that vouches for the user. */
  readonly backend: string
  /** Changes with the user's password. */
  readonly authHash: string
}

/** A user together with whom that makes the session act as. */
export interface Authenticated<User> {
  readonly user: User
  readonly principal: Principal
}

/** A user as a backend knows it, with the password already turned into session auth hashes. */
export interface Candidate<User> {
  readonly backend: string
  readonly id: string
  readonly user: User
  /** Under the secret key first, then under each fallback. */
  readonly authHashes: AuthHashes
}

export type AuthHashes = readonly [current: string, ...older: ReadonlyArray<string>]

/** What the operations know of the request and of whom it acts as. */
export interface RequestState<User> extends CookiePresence {
  readonly csrf: CsrfSlot
  /** The CSRF cookie as it was sent, which checks go by. */
  readonly csrfCookie: string | undefined
  /** `undefined` until somebody asked. */
  readonly user: Resolved<User> | undefined
  /** A user that came along with the session. Believed only if the session names it. */
  readonly prefetched: Prefetched<User> | undefined
}

export type Resolved<User> =
  | { readonly _tag: "Authenticated"; readonly user: User; readonly principal: Principal }
  | { readonly _tag: "Anonymous" }

export interface Prefetched<User> {
  readonly backend: string
  readonly id: string
  readonly candidate: Candidate<User> | undefined
}

/** Everything that decides about authentication. Made once, when the application starts. */
export interface AuthSettings {
  readonly session: SessionSettings
  readonly csrf: CsrfSettings
  /** AUTHENTICATION_BACKENDS: the names, in order. */
  readonly backends: ReadonlyArray<string>
  /** Backends whose users are the same have the same realm here; one that is not named is a realm of its own. */
  readonly realms: ReadonlyMap<string, string>
  /** Session auth hashes of an encoded password. */
  readonly authHashes: (password: string) => AuthHashes
}

export const anonymous: Resolved<never> = { _tag: "Anonymous" }

/** The cookies of a request that matter here, by what they are for; `undefined`: not sent. */
export interface PresentedCookies {
  readonly session: string | undefined
  readonly csrf: string | undefined
}

/** @param fresh for the CSRF secret that replaces a malformed one */
export const opened = <User>(
  settings: Pick<AuthSettings, "csrf">,
  cookies: PresentedCookies,
  fresh: Fresh
): RequestState<User> => ({
  sessionCookiePresented: cookies.session !== undefined,
  csrf: Csrf.opened(settings.csrf, cookies.csrf, fresh),
  csrfCookie: cookies.csrf,
  user: undefined,
  prefetched: undefined
})
