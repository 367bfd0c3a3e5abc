/** The services that the interpreter calls: what a store, a user store, a hasher must be able to do. */
import type * as Effect from "effect/Effect"
import type { Grants } from "../../core/auth/permissions.ts"
import type { ResetUser } from "../../core/auth/reset-token.ts"
import type { CommitAnswer, KnownUser, LoadSessionAnswer, SessionChange } from "../../core/effect.ts"
import type { CodecSettings } from "../../core/session/codec.ts"
import type { SessionKey } from "../../core/session/key.ts"
import type { SessionCodec } from "../../core/session/settings.ts"
import type { StoreUnavailable } from "./errors.ts"

// ---- sessions ----------------------------------------------------------------------------------------------------

/** What an engine can promise. The contract suite holds each engine to what it declares. */
export interface StoreCapabilities {
  /** `Move` is all or nothing. */
  readonly atomicSwap: boolean
  /** Parallel writers of different keys lose nothing: the store compares before it writes. */
  readonly merges: boolean
  /**
   * What was deleted no longer loads, anywhere. A `Delete` finds also what a `Move` that `forwards` moves at the same
   * time, or has moved less than `forwardingSeconds` before.
   */
  readonly revokes: boolean
  /** A Django site can use the same sessions. */
  readonly sharedWithDjango: boolean
}

export interface StoreClock {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** TIME_ZONE: that of an end which a Django without USE_TZ has stored. */
  readonly timeZone: string
}

export interface StoreCodecSettings extends CodecSettings {
  /** SESSION_COOKIE_NAME. */
  readonly cookieName: string
}

/**
 * Keeps sessions as text; compares, never decodes. An outage is a `StoreUnavailable`, never an `Absent`.
 */
export interface SessionStore {
  readonly capabilities: StoreCapabilities
  /** How data becomes the text that this store keeps. Absent: Django's signed text, with the salt of its stores. */
  readonly codec?: (settings: StoreCodecSettings) => SessionCodec
  /** SESSION_COOKIE_AGE, where the store itself has to know it: the application's must be the same. */
  readonly cookieAgeSeconds?: number
  /** SESSION_COOKIE_NAME, likewise. */
  readonly cookieName?: string
  /**
   * Tells the store the application's clock, before anything else is asked: present where the store has to tell by
   * itself when a session ends. A store that several applications use goes by the clock of the last one.
   */
  readonly setClock?: (clock: StoreClock) => void
  /**
   * @param now epoch milliseconds; a row that expires at `now` or earlier is absent, or expired where Django's engine
   * puts a new session in the place of such a one; it stays in place
   */
  readonly load: (key: SessionKey, now: number) => Effect.Effect<LoadSessionAnswer, StoreUnavailable>
  /** One atomic change. */
  readonly commit: (change: SessionChange, now: number) => Effect.Effect<CommitAnswer, StoreUnavailable>
  /** Removes rows that expired before `now`, in bounded batches. @returns how many */
  readonly clearExpired: (now: number) => Effect.Effect<number, StoreUnavailable>
  /** Present where loading a session can bring its user along in the same statement. */
  readonly prefetch?: {
    /** The user store whose rows come along: whoever else vouches for the user must not believe them. */
    readonly users: object
    /** Says whose session this is, so that the next load can guess. Never trusted. */
    readonly remember: (key: SessionKey, backend: string, id: string) => void
  }
}

// ---- users -------------------------------------------------------------------------------------------------------

export interface UserRow<User> extends KnownUser<User> {
  readonly isActive: boolean
}

/** A user with everything that a password-reset token is made from. */
export interface ResettableRow<User> extends UserRow<User>, ResetUser {}

export interface NewUser {
  readonly username: string
  readonly email: string
  /** Encoded. */
  readonly password: string
  readonly isStaff: boolean
  readonly isSuperuser: boolean
}

/** Django's `with_perm`. */
export interface WithPerm {
  readonly appLabel: string
  readonly codename: string
  /** `undefined`: active or not. */
  readonly isActive: boolean | undefined
  readonly includeSuperusers: boolean
}

/** Keeps users with a password. Ids are the text form of the primary key; one that cannot be a key finds nobody. */
export interface UserStore<User> {
  /** USERNAME_FIELD, where it is another one: credentials may name the user by it, too. Default `username`. */
  readonly usernameField?: string
  /** Exact and case-sensitive. A name that the column cannot hold (NUL, lone surrogate) finds nobody. */
  readonly findByUsername: (username: string) => Effect.Effect<UserRow<User> | undefined, StoreUnavailable>
  readonly findById: (id: string) => Effect.Effect<UserRow<User> | undefined, StoreUnavailable>
  /** Writes `encoded` if the column still holds `was`. @returns whether it did */
  readonly upgradePassword: (id: string, was: string, encoded: string) => Effect.Effect<boolean, StoreUnavailable>
  /** @returns whether there is such a user */
  readonly setPassword: (id: string, encoded: string) => Effect.Effect<boolean, StoreUnavailable>
  /** Django's `last_login`. @param now epoch milliseconds */
  readonly recordLogin: (id: string, now: number) => Effect.Effect<void, StoreUnavailable>
  /** @returns `undefined` when the username is taken */
  readonly create: (user: NewUser, now: number) => Effect.Effect<UserRow<User> | undefined, StoreUnavailable>
  /** What the user may do, in one question; `undefined` when there is no such user. Absent: nobody may do anything. */
  readonly grants?: (id: string) => Effect.Effect<Grants | undefined, StoreUnavailable>
  /** Whoever has a permission. */
  readonly withPerm?: (query: WithPerm) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
  /**
   * Users with what password-reset tokens are made from: the one with that id, or all with that e-mail address, without
   * regard to case. Absent: this store has no such tokens.
   */
  readonly findForReset?: (
    by: { readonly id: string } | { readonly email: string }
  ) => Effect.Effect<ReadonlyArray<ResettableRow<User>>, StoreUnavailable>
  /** Only ever asked about users of this store. */
  idOf(user: User): string
  /** Whether this store made that row: how a row that came along with a session gets its type back. */
  readonly owns: (row: unknown) => row is UserRow<User>
}

// ---- passwords ---------------------------------------------------------------------------------------------------

/**
 * One password hasher. Everything it does may take long and runs off the event loop.
 * A malformed text of its own algorithm is a wrong password, not an error.
 */
export interface Hasher {
  /** What stands before the first `$`. */
  readonly algorithm: string
  readonly encode: (password: string, salt: string) => Promise<string>
  readonly verify: (password: string, encoded: string) => Promise<boolean>
  /** Whether a text of this algorithm should be written anew. */
  readonly mustUpdate: (encoded: string) => boolean
  /** Spends the work that `encoded` lacks compared with a fresh one, so that timing tells nothing. */
  readonly hardenRuntime: (password: string, encoded: string) => Promise<void>
}
