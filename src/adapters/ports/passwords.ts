/** The interface of password hashing: hashes and checks passwords, and limits how many run in parallel. */
import type * as Effect from "effect/Effect"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import type { BadRequest, Busy, StoreUnavailable } from "../errors/errors.ts"

/** Hashes and checks passwords. Only `slot` waits for a turn: a caller runs its whole attempt in one slot. */
export interface Passwords {
  /**
   * Whether the password is correct, and if so, whether to store it again (`mustUpdate`). Every wrong password costs at
   * least as much work as a new hash of the preferred hasher, for every stored text. A text that cannot be a password
   * (a lone surrogate, or more than 4096 bytes) is always wrong, and no work is done.
   *
   * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.hashers.check_password
   */
  readonly verify: (
    password: string,
    encoded: string
  ) => Effect.Effect<{ readonly correct: boolean; readonly mustUpdate: boolean }, StoreUnavailable>
  /**
   * Does the work of {@link verify} for a wrong password. The answer is `correct: false`, also for the right password.
   */
  readonly refuse: Passwords["verify"]
  /**
   * Encodes a password with the preferred hasher and a random salt. Fails with `BadRequest` for a text that cannot be a
   * password, or that the preferred hasher cannot hash (plain `bcrypt` takes at most 72 bytes).
   *
   * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.hashers.make_password
   */
  readonly encode: (password: string) => Effect.Effect<string, BadRequest>
  /**
   * Does as much work as `verify` and discards the result, so that a quick answer does not reveal that a user is
   * unknown.
   */
  readonly hashAndDiscard: (password: string) => Effect.Effect<void>
  /** A random encoded password that no password matches. */
  readonly unusable: () => string
  /** Waits for one of the slots, then runs an effect in it. */
  readonly slot: Slot
  /** As `slot`, for an effect that depends on a query. No slot waits for the answer of the database. */
  readonly slotAfter: SlotAfter
}

/**
 * Runs an effect in one of the slots. If the queue is full, or no slot is free in time, it fails with `Busy` and the
 * effect does not start.
 */
export type Slot = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  attempt?: AttemptDetails,
  /** Whether the attempt succeeded: then its turn is not counted for its keys. */
  isGood?: (value: A) => boolean
) => Effect.Effect<A, E | Busy | StoreUnavailable, R>

/**
 * Runs a query, waits for one of the slots, then runs the effect that the query has returned. While other attempts wait
 * for a slot, the query runs in the slot too: so an attempt that fails with `Busy` then has not queried the database.
 */
export type SlotAfter = <A, E, R>(
  query: Effect.Effect<Effect.Effect<A, E, R>, E, R>,
  attempt?: AttemptDetails,
  /** Whether the attempt succeeded: then its turn is not counted for its keys. */
  isGood?: (value: A) => boolean
) => Effect.Effect<A, E | Busy | StoreUnavailable, R>

/** One attempt to check or to make a password hash. */
export interface PasswordAttempt {
  /** The operation that hashes the password. `authenticate` is also a re-authentication: then `userId` is given. */
  readonly operation:
    | "authenticate"
    | "checkPassword"
    | "setPassword"
    | "changePassword"
    | "resetPassword"
    | "createUser"
    | "verifyEmail"
  /** The client's address, from the option `clientAddress`; `undefined` if not known, or outside a request. */
  readonly address: string | undefined
  /**
   * The user name as the client sent it: of any length, and perhaps of no user; at a re-authentication that of the
   * user.
   */
  readonly username: string | undefined
  /** The user's primary key as text; `undefined` before the user is looked up. */
  readonly userId: string | undefined
  /** The head of the request; `undefined` outside a request. */
  readonly head: RequestHead | undefined
  /**
   * What the option `throttle` says: the attempt comes from a known device of the user, its answer will be that of a
   * wrong password, or neither. Waiting attempts run in the order `known`, `unknown`, `throttled`.
   */
  readonly standing: Standing
}

/** How an attempt is served while others wait. */
export type Standing = "known" | "unknown" | "throttled"

/** What an operation knows about its attempt. Fields that it leaves out are not known. */
export type AttemptDetails = Pick<PasswordAttempt, "operation"> & Partial<PasswordAttempt>

/**
 * A password hasher. Its async functions may take long and do not block the event loop. If the stored text of its own
 * algorithm is malformed, the password is wrong: that is not an error.
 */
export interface Hasher {
  /** The part of an encoded password before the first `$`. */
  readonly algorithm: string
  /** Encodes a password: `<algorithm>$…`. */
  readonly encode: (password: string, salt: string) => Promise<string>
  /** Whether an encoded password of this algorithm was made from the password. */
  readonly verify: (password: string, encoded: string) => Promise<boolean>
  /** Whether an encoded password of this algorithm should be replaced by a new one. */
  readonly mustUpdate: (encoded: string) => boolean
  /** Does the work by which `encoded` is cheaper than a new hash, so that the time of a check reveals nothing. */
  readonly hardenRuntime: (password: string, encoded: string) => Promise<void>
}
