/**
 * The effects that the core asks for, as plain data. A **Command** has no answer. A **Query** pauses the operation
 * until its answer is passed to `resume`.
 *
 * Effects have no closures, no class instances and no credentials, so effects that do the same are equal. They contain
 * session keys and encoded passwords: do not log them.
 */
import type { SessionKey } from "./session-key.ts"

// ---- commands ----------------------------------------------------------------------------------------------------

export type Command<User = unknown> = AnnounceSignal<User> | SetCookie | DeleteCookie | VaryOn | Warn

/** Names and arguments of Django's auth signals. */
export type AnnounceSignal<User = unknown> =
  | { readonly _tag: "AnnounceSignal"; readonly signal: "user_logged_in"; readonly user: User }
  | { readonly _tag: "AnnounceSignal"; readonly signal: "user_logged_out"; readonly user: User | undefined }
  | {
      readonly _tag: "AnnounceSignal"
      readonly signal: "user_login_failed"
      /** Cleaned: a value is twenty asterisks if its name contains a word such as `password`, `token` or `key`. */
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

/** A warning for the operator. Contains no session data. */
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

/** `SessionAbsent` is the answer for missing rows, and for most expired ones. An outage is an error, not an answer. */
export type LoadSessionAnswer<User = unknown> =
  | { readonly _tag: "SessionFound"; readonly text: string; readonly hint: UserHint<User> | undefined }
  | { readonly _tag: "SessionAbsent" }
  /**
   * The session has expired and a new one replaces it. `text` is the row's text, which the write compares; its data is
   * not used.
   */
  | { readonly _tag: "SessionExpired"; readonly text: string }

/** A user that the store loaded together with the session, by a guess. Used only if the session names this user. */
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

/** The name of a signal, as in Django. */
export type SignalName = AnnounceSignal["signal"]

/** What a backend returns about a user. Applications and signals see only `user`, never the password. */
export interface KnownUser<User = unknown> {
  /** The text form of the primary key, as the session stores it. */
  readonly id: string
  readonly user: User
  /** The encoded password, from which the session auth hash is made. `""` if the backend has none. */
  readonly password: string
}

/** One atomic change of the session table. Instants are epoch milliseconds. */
export interface CommitSession {
  readonly _tag: "CommitSession"
  readonly change: SessionChange
}

export type SessionChange =
  /** Inserts a new row. If the key is in use, the existing row stays as it is. */
  | {
      readonly _tag: "Insert"
      readonly key: SessionKey
      readonly text: string
      readonly expiresAt: number
    }
  /** Updates the row, expired or not, if its text still is `was` (`undefined`: in any case). */
  | {
      readonly _tag: "Update"
      readonly key: SessionKey
      readonly was: string | undefined
      readonly text: string
      readonly expiresAt: number
    }
  /**
   * Replaces the row `from` by a row `to` in one transaction, if the text of `from` still is `was`. If `was` is
   * `undefined`, the text does not matter; then, if `from` has been moved already, the answer is `Moved` and nothing is
   * written.
   *
   * @property forwards the store remembers for `forwardingSeconds` that `from` became `to`, so that a `Delete` of
   * `from` finds the session
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
  /** Deletes the row. A missing row is not an error. If the row has been moved, the answer is `Moved`. */
  | { readonly _tag: "Delete"; readonly key: SessionKey }

export type CommitAnswer =
  | { readonly _tag: "Committed"; readonly key: SessionKey; readonly text: string }
  | { readonly _tag: "Deleted" }
  /** The row has another key now: a `Move` with `forwards` gave it one less than `forwardingSeconds` ago. */
  | { readonly _tag: "Moved"; readonly to: SessionKey }
  /** The row to be changed does not exist. */
  | { readonly _tag: "Gone" }
  /** The row has another text than `was`. Nothing was written. */
  | { readonly _tag: "Changed"; readonly text: string }
  /** The new key is in use. Nothing was written. */
  | { readonly _tag: "KeyTaken" }

/** Asks one backend about the credentials. The interpreter has them; the query does not. */
export interface AskBackend {
  readonly _tag: "AskBackend"
  readonly backend: string
}

export type AskBackendAnswer<User = unknown> =
  | { readonly _tag: "Accepted"; readonly known: KnownUser<User> }
  /** Unknown user or wrong credentials: the next backend is asked. */
  | { readonly _tag: "Declined" }
  /** No other backend is asked. */
  | { readonly _tag: "Denied" }

// ---- what the model backend asks ---------------------------------------------------------------------------------

/** The interpreter has the password that the client sent. A query contains only what it is compared with. */
export type PasswordQuery =
  | { readonly _tag: "FindUser"; readonly username: string }
  | { readonly _tag: "VerifyPassword"; readonly encoded: string }
  /**
   * Hashes the password once with the preferred hasher and discards the result, so that an unknown user takes as much
   * time as a known one.
   */
  | { readonly _tag: "SpendHash" }
  /** Hashes the password with the preferred hasher. */
  | { readonly _tag: "HashPassword" }
  /** Replaces the password column of `id` if it still is `was`. */
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
