/**
 * What the core wants done, as plain data. A **Command** is carried out and forgotten; a **Query** pauses the
 * operation until its answer is given to `resume`. No closures, no class instances, no credentials: two effects are
 * equal when they would do the same. They hold session keys and encoded passwords: not for logs.
 */
import type { SessionKey } from "./session/key.ts"

// ---- commands ----------------------------------------------------------------------------------------------------

export type Command<User = unknown> = AnnounceSignal<User> | SetCookie | DeleteCookie | VaryOn | Warn

/** Names and arguments of Django's auth signals. */
export type AnnounceSignal<User = unknown> =
  | { readonly _tag: "AnnounceSignal"; readonly signal: "user_logged_in"; readonly user: User }
  | { readonly _tag: "AnnounceSignal"; readonly signal: "user_logged_out"; readonly user: User | undefined }
  | {
      readonly _tag: "AnnounceSignal"
      readonly signal: "user_login_failed"
      /** Cleaned: whatever has a secret-sounding name is twenty asterisks. */
      readonly credentials: CleanedCredentials
    }

export type CleanedCredentials = Readonly<Record<string, unknown>>

export interface CookieScope {
  readonly name: string
  readonly path: string
  readonly domain: string | undefined
  readonly sameSite: "Lax" | "Strict" | "None" | false
}

export interface SetCookie extends CookieScope {
  readonly _tag: "SetCookie"
  readonly value: string
  readonly secure: boolean
  readonly httpOnly: boolean
  /** `undefined`: until the browser closes. */
  readonly lifetime: { readonly maxAgeSeconds: number; readonly expiresAt: number } | undefined
}

export interface DeleteCookie extends CookieScope {
  readonly _tag: "DeleteCookie"
}

/** Adds a name to the response's `Vary` header. */
export interface VaryOn {
  readonly _tag: "VaryOn"
  readonly header: "Cookie"
}

/** Something an operator should hear of. Carries no session data. */
export interface Warn {
  readonly _tag: "Warn"
  readonly event: "SessionCorrupted"
}

// ---- queries and their answers -----------------------------------------------------------------------------------

export type Query = LoadSession | LoadUser | CommitSession | AskBackend | PasswordQuery

export interface LoadSession {
  readonly _tag: "LoadSession"
  readonly key: SessionKey
}

/** Missing rows, and most that have expired, are `SessionAbsent`; an outage is no answer at all. */
export type LoadSessionAnswer<User = unknown> =
  | { readonly _tag: "SessionFound"; readonly text: string; readonly hint: UserHint<User> | undefined }
  | { readonly _tag: "SessionAbsent" }
  /** It has ended, and a new one takes its place. `text` is only what the row holds, to be compared with. */
  | { readonly _tag: "SessionExpired"; readonly text: string }

/** A user that came along with the session because the store guessed whose it is. Believed only if the session says so. */
export interface UserHint<User = unknown> {
  readonly backend: string
  readonly id: string
  readonly known: KnownUser<User> | undefined
}

export interface LoadUser {
  readonly _tag: "LoadUser"
  readonly backend: string
  readonly id: string
}

export type LoadUserAnswer<User = unknown> =
  | { readonly _tag: "UserFound"; readonly known: KnownUser<User> }
  | { readonly _tag: "UserAbsent" }

/** A backend's knowledge of one user. `user` is what applications and signals see; the password stays inside. */
export interface KnownUser<User = unknown> {
  /** The text form of the primary key, as it stands in the session. */
  readonly id: string
  readonly user: User
  /** The encoded password (`""` where a backend has none): the session auth hash is derived from it. */
  readonly password: string
}

/** One atomic change of the session table. Instants are epoch milliseconds. */
export interface CommitSession {
  readonly _tag: "CommitSession"
  readonly change: SessionChange
}

export type SessionChange =
  /** A new row; a row that is there already stays as it is. */
  | {
      readonly _tag: "Insert"
      readonly key: SessionKey
      readonly text: string
      readonly expiresAt: number
    }
  /** Rewrites the row, expired or not, if its text still is `was` (`undefined`: whatever its text is). */
  | {
      readonly _tag: "Update"
      readonly key: SessionKey
      readonly was: string | undefined
      readonly text: string
      readonly expiresAt: number
    }
  /**
   * Replaces the row `from` by a row `to`, both or neither, if the text of `from` still is `was` (`undefined`: whatever
   * its text is; then a `from` that was moved on is answered by `Moved`, and nothing is written).
   *
   * @property forwards the store remembers for `forwardingSeconds` that `from` became `to`, so that a `Delete` of `from`
   * finds the session
   */
  | {
      readonly _tag: "Move"
      readonly from: SessionKey
      readonly was: string | undefined
      readonly to: SessionKey
      readonly text: string
      readonly expiresAt: number
      readonly ifGone: "Insert" | "Refuse"
      readonly forwards?: true
    }
  /** Removes the row; one that is gone already is fine. If it was moved on, the answer says where to. */
  | { readonly _tag: "Delete"; readonly key: SessionKey }

export type CommitAnswer =
  | { readonly _tag: "Committed"; readonly key: SessionKey; readonly text: string }
  | { readonly _tag: "Deleted" }
  /** The row has another key by now: a `Move` that `forwards` gave it one less than `forwardingSeconds` ago. */
  | { readonly _tag: "Moved"; readonly to: SessionKey }
  /** The row to be changed is not there. */
  | { readonly _tag: "Gone" }
  /** The row holds another text than the one compared with. Nothing was written. */
  | { readonly _tag: "Changed"; readonly text: string }
  /** The new key is in use. Nothing was written. */
  | { readonly _tag: "KeyTaken" }

/** Asks one backend about the credentials, which the interpreter holds. */
export interface AskBackend {
  readonly _tag: "AskBackend"
  readonly backend: string
}

export type AskBackendAnswer<User = unknown> =
  | { readonly _tag: "Accepted"; readonly known: KnownUser<User> }
  /** Not known here, or wrong: the next backend is asked. */
  | { readonly _tag: "Declined" }
  /** Nobody else is to be asked. */
  | { readonly _tag: "Denied" }

// ---- what the model backend asks ---------------------------------------------------------------------------------

/** The password offered stays with the interpreter: a query names only what it is compared with. */
export type PasswordQuery =
  | { readonly _tag: "FindUser"; readonly username: string }
  | { readonly _tag: "VerifyPassword"; readonly encoded: string }
  /** Hashes the password once with the preferred hasher and forgets the result: work, so that silence tells nothing. */
  | { readonly _tag: "SpendHash" }
  /** Hashes the password with the preferred hasher. */
  | { readonly _tag: "HashPassword" }
  /** Replaces the password column of `id` if it still holds `was`. */
  | { readonly _tag: "UpgradePassword"; readonly id: string; readonly was: string; readonly encoded: string }

export type FindUserAnswer<User = unknown> =
  | { readonly _tag: "UserFound"; readonly known: KnownUser<User>; readonly isActive: boolean }
  | { readonly _tag: "UserAbsent" }

export type VerifyPasswordAnswer = {
  readonly _tag: "Verified"
  readonly correct: boolean
  readonly mustUpdate: boolean
}
export type SpendHashAnswer = { readonly _tag: "HashSpent" }
export type HashPasswordAnswer = { readonly _tag: "Hashed"; readonly encoded: string }
export type UpgradePasswordAnswer = { readonly _tag: "Upgraded" } | { readonly _tag: "Superseded" }

export type AuthEffect<User = unknown> = Command<User> | Query
