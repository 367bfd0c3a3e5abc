import { randomBytes } from "node:crypto"
import * as SessionKey from "../../core/session-key.ts"
import type { FreshValues, Moment } from "../../core/transition.ts"
import { callable, type Kinds } from "../options/option-kinds.ts"
import { randomText } from "./random-text.ts"

/** The source of time and randomness. Tests pass their own. */
export interface ClockAndRandom {
  /** The current time in epoch milliseconds. Not used for deadlines of store operations, which use the real clock. */
  readonly now: () => number
  /** A random session key. */
  readonly sessionKey: () => SessionKey.SessionKey
  /** 32 random letters and digits, for a CSRF secret or for a mask. */
  readonly csrfSecret: () => string
  /** 22 characters of base64url, 128 random bits: the public id of a binding to a device. */
  readonly bindingId: () => string
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
const csrfSecretLength = 32

const drawSessionKey = (): SessionKey.SessionKey =>
  SessionKey.parse(randomText(SessionKey.alphabet, SessionKey.length)) ?? drawSessionKey()

/**
 * The system's clock and its cryptographic random numbers. `now` reads the global `Date` at every call, because a test
 * may replace it after this module was loaded.
 */
export const systemClockAndRandom: ClockAndRandom = {
  now: () => Date.now(),
  sessionKey: drawSessionKey,
  csrfSecret: () => randomText(letters, csrfSecretLength),
  bindingId: () => randomBytes(16).toString("base64url")
}

/** The given functions, and the system's for those that are missing. */
export const clockAndRandomWith = (given: Partial<ClockAndRandom>): ClockAndRandom => ({
  now: () => (given.now === undefined ? systemClockAndRandom.now() : instant(given.now())),
  sessionKey: () => given.sessionKey?.() ?? systemClockAndRandom.sessionKey(),
  csrfSecret: () => given.csrfSecret?.() ?? systemClockAndRandom.csrfSecret(),
  bindingId: () => given.bindingId?.() ?? systemClockAndRandom.bindingId()
})

const instant = (now: number): number => {
  if (typeof now !== "number" || !Number.isFinite(now))
    throw new TypeError("clockAndRandom.now: return epoch milliseconds")
  return now
}

/** The kinds of values that the option `clockAndRandom` may hold. */
export const clockAndRandomKinds: Kinds<ClockAndRandom> = {
  now: callable,
  sessionKey: callable,
  csrfSecret: callable,
  bindingId: callable
}

/** The time and random values of one step: each is made on first use and stays the same after that. */
export const momentOf = (clockAndRandom: ClockAndRandom): Moment => new LazyMoment(clockAndRandom)

class LazyMoment implements Moment, FreshValues {
  readonly #source: ClockAndRandom
  #now: number | undefined
  #sessionKey: SessionKey.SessionKey | undefined
  #csrfSecret: string | undefined
  #csrfMask: string | undefined
  #bindingId: string | undefined

  constructor(clockAndRandom: ClockAndRandom) {
    this.#source = clockAndRandom
  }
  get now(): number {
    this.#now ??= this.#source.now()
    return this.#now
  }
  get fresh(): FreshValues {
    return this
  }
  get sessionKey(): SessionKey.SessionKey {
    this.#sessionKey ??= this.#source.sessionKey()
    return this.#sessionKey
  }
  get csrfSecret(): string {
    this.#csrfSecret ??= this.#source.csrfSecret()
    return this.#csrfSecret
  }
  get bindingId(): string {
    this.#bindingId ??= this.#source.bindingId()
    return this.#bindingId
  }
  get csrfMask(): string {
    this.#csrfMask ??= this.#source.csrfSecret()
    return this.#csrfMask
  }
}
