/**
 * The effects that the core asks for, as plain data. A **Command** has no answer. A **Query** pauses the operation
 * until its answer is passed to `resume`.
 *
 * Effects have no closures, no class instances and no credentials, so effects that do the same are equal. They contain
 * session keys and encoded passwords: do not log them.
 */
import type { SessionKey } from "./session-key.ts"

// ---- commands ----------------------------------------------------------------------------------------------------

/** An effect without an answer. */
export type Command<User = unknown> =
  | AnnounceSignal<User>
  | SetCookie
  | DeleteCookie
  | VaryOn
  | Warn
  | RecordVisit
  | OfferRegistration

/** Names and arguments of Django's auth signals. */
export type AnnounceSignal<User = unknown> =
  /** `login` has logged in `user`. */
  | { readonly _tag: "AnnounceSignal"; readonly signal: "user_logged_in"; readonly user: User }
  /** `logout` has ended the session of `user`; `undefined` if no user was logged in. */
  | { readonly _tag: "AnnounceSignal"; readonly signal: "user_logged_out"; readonly user: User | undefined }
  /** `authenticate` has found no user. */
  | {
      readonly _tag: "AnnounceSignal"
      readonly signal: "user_login_failed"
      /** Cleaned: every value but the user name is twenty asterisks. */
      readonly credentials: CleanedCredentials
    }

/** Credentials without secrets, by name. */
export type CleanedCredentials = Readonly<Record<string, unknown>>

/** What identifies a cookie, and when browsers send it. `delete` must repeat what `set` used. */
export interface CookieScope {
  /** The cookie's name. */
  readonly name: string
  /** The attribute `Path`. */
  readonly path: string
  /** The attribute `Domain`; `undefined`: the cookie is for the host of the request only. */
  readonly domain: string | undefined
  /** The attribute `SameSite`; `false` leaves it out. */
  readonly sameSite: "Lax" | "Strict" | "None" | false
  /** The attribute `Partitioned`. */
  readonly partitioned?: true
}

/** Sets a cookie. */
export interface SetCookie extends CookieScope {
  readonly _tag: "SetCookie"
  /** The cookie's value. */
  readonly value: string
  /** Whether browsers send the cookie over https only. */
  readonly secure: boolean
  /** Whether scripts of the page cannot read the cookie. */
  readonly httpOnly: boolean
  /** `undefined`: until the browser closes. */
  readonly lifetime:
    | {
        /** The attribute `Max-Age`. */
        readonly maxAgeSeconds: number
        /** The attribute `expires`, in epoch milliseconds. */
        readonly expiresAt: number
      }
    | undefined
}

/** Makes the browser delete a cookie. */
export interface DeleteCookie extends CookieScope {
  readonly _tag: "DeleteCookie"
}

/** Adds a name to the response's `Vary` header. */
export interface VaryOn {
  readonly _tag: "VaryOn"
  /** The name to add. */
  readonly header: "Cookie"
}

/** Asks the browser to register a key of its device for the session. */
export interface OfferRegistration {
  readonly _tag: "OfferRegistration"
  /** The value of the header `Secure-Session-Registration`. */
  readonly value: string
}

/** A warning for the operator. Contains no session data. */
export interface Warn {
  readonly _tag: "Warn"
  /** `SessionCorrupted`: no secret of this application signed the stored session. */
  readonly event: "SessionCorrupted"
}

/**
 * Records that the user has used the session. Asked for only if the session store records the sessions of users, and at
 * most once per interval for each session. The response does not depend on the result.
 */
export interface RecordVisit {
  readonly _tag: "RecordVisit"
  /** The key of the session's row. Without that row nothing is recorded. */
  readonly key: SessionKey
  /** What to record. */
  readonly visit: SessionVisit
}

/** The user that a session's data names. */
export interface SessionUser {
  /** The name of the backend that authenticated the user. */
  readonly backend: string
  /** The text form of the user's primary key. */
  readonly id: string
}

/** The client that uses a session, as its request describes it. Not verified: a client can send any user agent. */
export interface Visitor {
  /** The IP address, at most 64 characters; `undefined` if not known, or not recorded. */
  readonly clientAddress: string | undefined
  /** The header `User-Agent`, at most 512 characters; `undefined` if there is none, or it is not recorded. */
  readonly userAgent: string | undefined
}

/** What a store keeps beside a session, to list the sessions of a user. Instants are epoch milliseconds. */
export interface SessionRecord extends Visitor {
  /** Names the record. It stays the same if the session gets a new key, and cannot be used as a session key. */
  readonly id: string
  /** The user of the session. */
  readonly user: SessionUser
  /** When the session became a session of this user. */
  readonly startedAt: number
  /** When the user last used it, accurate to the interval of the recording. */
  readonly seenAt: number
}

/**
 * One use of a session. A store changes its {@link SessionRecord} as the function `SessionRecords.visited` of the core
 * says.
 */
export interface SessionVisit extends Visitor {
  /** The user of the session from now on; `undefined`: none, so the session has no record. */
  readonly user: SessionUser | undefined
  /** The id of the record, if the session has none of this user. */
  readonly id: string
  /** Now, in epoch milliseconds. */
  readonly at: number
  /** A record of this user that was seen later than this stays as it is. */
  readonly seenBefore: number
}

// ---- queries and their answers -----------------------------------------------------------------------------------

/** An effect whose answer is needed to go on. */
export type Query = LoadSession | LoadUser | CommitSession | AskBackend | PasswordQuery

/** Asks the store for the session with this key. */
export interface LoadSession {
  readonly _tag: "LoadSession"
  /** The key of the session's row. */
  readonly key: SessionKey
}

/** `SessionAbsent` is the answer for missing rows, and for most expired ones. An outage is an error, not an answer. */
export type LoadSessionAnswer<User = unknown> =
  /** The row's text, and the user that the store loaded together with the session, if any. */
  | {
      readonly _tag: "SessionFound"
      readonly text: string
      readonly prefetched: PrefetchedRow<User> | undefined
      /** The session's record, if the store records the sessions of users and has one of this session. */
      readonly record?: SessionRecord | undefined
    }
  /** There is no such session. */
  | { readonly _tag: "SessionAbsent" }
  /**
   * The session has expired and a new one replaces it. `text` is the row's text, which the write compares; its data is
   * not used.
   */
  | { readonly _tag: "SessionExpired"; readonly text: string }

/** A user that the store loaded together with the session, by a guess. Used only if the session names this user. */
export interface PrefetchedRow<User = unknown> {
  /** The name of the backend that the user belongs to. */
  readonly backend: string
  /** The text form of the user's primary key. */
  readonly id: string
  /** The user; `undefined`: the store has no such user, or the user may not log in. */
  readonly known: KnownUser<User> | undefined
}

/** Asks a backend for the user with this id. */
export interface LoadUser {
  readonly _tag: "LoadUser"
  /** The name of the backend to ask. */
  readonly backend: string
  /** The text form of the user's primary key, as the session stores it. */
  readonly id: string
}

/** The backend's user, or that it has no such user. */
export type LoadUserAnswer<User = unknown> =
  /** The user exists and may log in. */
  | { readonly _tag: "UserFound"; readonly known: KnownUser<User> }
  /** There is no such user, or the user may no longer log in. */
  | { readonly _tag: "UserAbsent" }

/** The name of a signal, as in Django. */
export type SignalName = AnnounceSignal["signal"]

/** What a backend returns about a user. Applications and signals see only `user`, never the password. */
export interface KnownUser<User = unknown> {
  /** The text form of the primary key, as the session stores it. */
  readonly id: string
  /** The application's record of the user. */
  readonly user: User
  /** The encoded password, from which the session auth hash is made. `""` if the backend has none. */
  readonly password: string
}

/** One atomic change of the session table. Instants are epoch milliseconds. */
export interface CommitSession {
  readonly _tag: "CommitSession"
  /** The change. */
  readonly change: SessionChange
}

/**
 * A change of one row, which the store makes completely or not at all. Instants are epoch milliseconds.
 *
 * `visit` is present only if the store records the sessions of users. Then the record of the session changes with its
 * row. An `Insert` or `Update` without `visit` leaves the record as it is. A `Move` always has a `visit`; the record of
 * `from` goes along only with `forwards`, because only then the session keeps its user. A `Delete` deletes the record.
 */
export type SessionChange =
  /** Inserts a new row. If the key is in use, the existing row stays as it is. */
  | {
      readonly _tag: "Insert"
      readonly key: SessionKey
      readonly text: string
      readonly expiresAt: number
      readonly visit?: SessionVisit
    }
  /** Updates the row, expired or not, if its text still is `was` (`undefined`: in any case). */
  | {
      readonly _tag: "Update"
      readonly key: SessionKey
      readonly was: string | undefined
      readonly text: string
      readonly expiresAt: number
      readonly visit?: SessionVisit
    }
  /**
   * Replaces the row `from` by a row `to` in one transaction, if the text of `from` still is `was`. If `was` is
   * `undefined`, the text does not matter; then, if `from` has been moved already, the answer is `Moved` and nothing is
   * written. With `forwards` the store remembers for `forwardingSeconds` that `from` became `to`, so that a `Delete` of
   * `from` finds the session.
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
      readonly visit?: SessionVisit
    }
  /** Deletes the row. A missing row is not an error. If the row has been moved, the answer is `Moved`. */
  | { readonly _tag: "Delete"; readonly key: SessionKey }

/** The result of a {@link CommitSession}. */
export type CommitAnswer =
  /** The row was written: it has this key and this text. */
  | { readonly _tag: "Committed"; readonly key: SessionKey; readonly text: string }
  /** The row does not exist any more. */
  | { readonly _tag: "Deleted" }
  /** The row has another key now: a `Move` with `forwards` gave it one less than `forwardingSeconds` ago. */
  | { readonly _tag: "Moved"; readonly to: SessionKey }
  /** The row to be changed does not exist. */
  | { readonly _tag: "Gone" }
  /** The row has another text than `was`. Nothing was written. */
  | { readonly _tag: "Changed"; readonly text: string }
  /** The new key is in use. Nothing was written. */
  | { readonly _tag: "KeyTaken" }

/** Asks one backend about the credentials. The query does not contain them: the code that performs it adds them. */
export interface AskBackend {
  readonly _tag: "AskBackend"
  /** The name of the backend to ask. */
  readonly backend: string
}

/** The backend's answer to credentials. */
export type AskBackendAnswer<User = unknown> =
  /** The credentials belong to this user. */
  | { readonly _tag: "Accepted"; readonly known: KnownUser<User> }
  /** Unknown user or wrong credentials: the next backend is asked. */
  | { readonly _tag: "Declined" }
  /** No other backend is asked. */
  | { readonly _tag: "Denied" }

// ---- what the model backend asks ---------------------------------------------------------------------------------

/** No query contains the password that the client sent: the code that performs the query adds it. */
export type PasswordQuery =
  /** Asks the user store for the user with this name. */
  | { readonly _tag: "FindUser"; readonly username: string }
  /**
   * Compares the password with this encoded one. With `mayPass: false` the answer is "wrong", also for the right
   * password, after the work of a wrong one.
   */
  | { readonly _tag: "VerifyPassword"; readonly encoded: string; readonly mayPass: boolean }
  /**
   * Hashes the password once with the preferred hasher and discards the result, so that an unknown user takes as much
   * time as a known one.
   */
  | { readonly _tag: "DummyHash" }
  /** Hashes the password with the preferred hasher. */
  | { readonly _tag: "HashPassword" }
  /** Replaces the password column of `id` if it still is `was`. */
  | { readonly _tag: "UpgradePassword"; readonly id: string; readonly was: string; readonly encoded: string }

/** The user store's answer to `FindUser`. */
export type FindUserAnswer<User = unknown> =
  /** A user has this name. */
  | { readonly _tag: "UserFound"; readonly known: KnownUser<User>; readonly isActive: boolean }
  /** No user has this name. */
  | { readonly _tag: "UserAbsent" }

/** The hasher's answer to `VerifyPassword`. */
export type VerifyPasswordAnswer = {
  readonly _tag: "Verified"
  /** Whether the password is the user's. */
  readonly correct: boolean
  /** Whether the encoded password was made by another hasher, or with less work, than the preferred one. */
  readonly mustUpdate: boolean
}
/** The hash was made and discarded. */
export type DummyHashAnswer = { readonly _tag: "DummyHashed" }
/** The hasher's answer to `HashPassword`. */
export type HashPasswordAnswer = {
  readonly _tag: "Hashed"
  /** The new encoded password. */
  readonly encoded: string
}
/** Whether the stored password was replaced, or had been changed by another request before. */
export type UpgradePasswordAnswer = { readonly _tag: "Upgraded" } | { readonly _tag: "Superseded" }

// ---- the answer to a query ---------------------------------------------------------------------------------------

/**
 * The answer that a query wants, such as `AnswerTo<LoadSession>`; for a union of queries, the union of their answers.
 */
export type AnswerTo<Asked extends Query, User = unknown> = AnswersByQuery<User>[Asked["_tag"]]

/** The type of the answer to each query, by the query's tag. */
export interface AnswersByQuery<User = unknown> {
  /** The answer to {@link LoadSession}. */
  readonly LoadSession: LoadSessionAnswer<User>
  /** The answer to {@link LoadUser}. */
  readonly LoadUser: LoadUserAnswer<User>
  /** The answer to {@link CommitSession}. */
  readonly CommitSession: CommitAnswer
  /** The answer to {@link AskBackend}. */
  readonly AskBackend: AskBackendAnswer<User>
  /** The answer to `FindUser`, a {@link PasswordQuery}, as the following are. */
  readonly FindUser: FindUserAnswer<User>
  /** The answer to `VerifyPassword`. */
  readonly VerifyPassword: VerifyPasswordAnswer
  /** The answer to `DummyHash`. */
  readonly DummyHash: DummyHashAnswer
  /** The answer to `HashPassword`. */
  readonly HashPassword: HashPasswordAnswer
  /** The answer to `UpgradePassword`. */
  readonly UpgradePassword: UpgradePasswordAnswer
}

/** Every effect that an operation may ask for. */
export type AuthEffect<User = unknown> = Command<User> | Query
