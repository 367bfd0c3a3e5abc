/** The interfaces of session stores. */
import type * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange, SessionRecord, SessionVisit } from "../../core/effect.ts"
import type { StoreCodecSettings } from "../../core/session/text/codec.ts"
import type { SessionCodec } from "../../core/session/value/session-settings.ts"
import type { SessionKey } from "../../core/session-key.ts"
import type { StoreUnavailable } from "../errors/errors.ts"
import type { LimitsItself } from "../store-time/store-time.ts"
import type { Examine } from "./diagnosis.ts"
import type { StoreTables } from "./store-tables.ts"

export type { StoreCodecSettings } from "../../core/session/text/codec.ts"

/** What a session store guarantees. The contract suite tests each store for the capabilities that it declares. */
export interface StoreCapabilities {
  /** `Move` is atomic. */
  readonly atomicSwap: boolean
  /**
   * Concurrent requests that change different keys of a session lose no change: the store compares before it writes.
   */
  readonly merges: boolean
  /**
   * A deleted session can no longer be loaded by any process. A `Delete` also deletes a session that a `Move` with
   * `forwards` moves at the same time, or has moved less than `forwardingSeconds` ago.
   */
  readonly revokes: boolean
  /** A Django site can read and write the same sessions. */
  readonly sharedWithDjango: boolean
}

/** The application's clock and time zone. */
export interface StoreClock {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** TIME_ZONE: the time zone of expiry dates that a Django without USE_TZ has stored. */
  readonly timeZone: string
}

/**
 * Stores sessions as text. It compares texts and never decodes them. An outage is a `StoreUnavailable`, never
 * `SessionAbsent`.
 */
export interface SessionStore extends LimitsItself {
  /** What the store guarantees. */
  readonly capabilities: StoreCapabilities
  /**
   * Encodes session data as the text that this store keeps. Default: Django's signed text, with the salt of its stores.
   */
  readonly codec?: (settings: StoreCodecSettings) => SessionCodec
  /** SESSION_COOKIE_AGE, if the store itself needs it. The application's setting must be equal. */
  readonly cookieAgeSeconds?: number
  /** SESSION_COOKIE_NAME, if the store itself needs it. The application's setting must be equal. */
  readonly cookieName?: string
  /**
   * Sets the application's clock, before any other call. Present if the store itself must know when a session expires.
   * If several applications use the store, it uses the clock that was set last.
   */
  readonly setClock?: (clock: StoreClock) => void
  /**
   * Loads a session. A row that expires at `now` or earlier is answered as `SessionAbsent`; as `SessionExpired` if
   * Django's engine would reuse such a row for a new session. The row is not deleted.
   *
   * @param now epoch milliseconds
   */
  readonly load: (key: SessionKey, now: number) => Effect.Effect<LoadSessionAnswer, StoreUnavailable>
  /** Makes one atomic change. */
  readonly commit: (change: SessionChange, now: number) => Effect.Effect<CommitAnswer, StoreUnavailable>
  /**
   * Removes rows that expired before `now`, in batches of limited size.
   *
   * @param limit removes about so many rows at most, for callers that report how far they are. A store may ignore it.
   * @returns the number of removed rows; with a `limit` that the store respects, 0 if no row is left
   */
  readonly clearExpired: (now: number, limit?: number) => Effect.Effect<number, StoreUnavailable>
  /**
   * When the row with this key expires or has expired, in epoch milliseconds; `undefined` if there is no row. For
   * diagnosis. If absent, the store cannot tell.
   */
  readonly expiryOf?: (key: SessionKey) => Effect.Effect<number | undefined, StoreUnavailable>
  /** How many rows `clearExpired` would remove. If absent, the store cannot tell. */
  readonly countExpired?: (now: number) => Effect.Effect<number, StoreUnavailable>
  /** Present if the store needs tables in a database, which it can create. */
  readonly tables?: StoreTables
  /** Present if the store can say how its servers are set up, for `latchkey doctor`: one function for each server. */
  readonly examine?: ReadonlyArray<Examine>
  /** Present if the store can load a session and its user with one statement. */
  readonly prefetch?: {
    /** The user store of the loaded rows. A backend with another user store must not use them. */
    readonly users: object
    /** A backend has its users in `users`. Until this is known, their table may not exist. */
    readonly expectUsers?: () => void
    /**
     * Remembers the user of a session, so that the next load can load the user too. The guess may be wrong: it is
     * checked.
     */
    readonly remember: (key: SessionKey, backend: string, id: string) => void
  }
  /**
   * Present if the store records the sessions of users. Then it answers `SessionFound` with the record, carries out the
   * `visit` of each change together with the change, and `clearExpired` also removes records without a session.
   */
  readonly userSessions?: UserSessionStore
}

/** A stored session of a user. */
export interface StoredUserSession {
  /** The session's key. A secret. */
  readonly key: SessionKey
  /** The session's text, as loaded. */
  readonly text: string
  /** Its record. */
  readonly record: SessionRecord
}

/** The user whose sessions are asked for. */
export interface UserSessionQuery {
  /** The names of the backends that the user may have logged in with. */
  readonly backends: ReadonlyArray<string>
  /** The text form of the user's primary key. */
  readonly userId: string
  /** Only the session whose record has this id. */
  readonly id?: string
}

/** The greatest number of sessions in one list. */
export const mostListed = 1000

/** The records that a session store keeps of the sessions of users. */
export interface UserSessionStore {
  /**
   * Records a visit, as the function `visited` of the core says, if the session exists. A session that is deleted at
   * the same time stays deleted.
   */
  readonly visit: (key: SessionKey, visit: SessionVisit) => Effect.Effect<void, StoreUnavailable>
  /**
   * The recorded sessions of a user that exist and have not expired, those seen last first, at most 1000.
   *
   * @param now epoch milliseconds
   */
  readonly list: (
    query: UserSessionQuery,
    now: number
  ) => Effect.Effect<ReadonlyArray<StoredUserSession>, StoreUnavailable>
}
