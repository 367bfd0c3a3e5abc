import { randomInt } from "node:crypto"
import * as SessionKey from "../../core/session-key.ts"
import type { Fresh, Moment } from "../../core/transition.ts"
import { callable, type Kinds } from "./option-kinds.ts"

/** The source of time and randomness. Tests pass their own. */
export interface World {
  /** The current time in epoch milliseconds. Not used for deadlines of store operations, which use the real clock. */
  readonly now: () => number
  /** A random session key. */
  readonly sessionKey: () => SessionKey.SessionKey
  /** 32 random letters and digits, for a CSRF secret or for a mask. */
  readonly csrfSecret: () => string
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
const csrfSecretLength = 32

/** Random characters of `alphabet`. Each is equally likely, because `randomInt` has no modulo bias. */
const randomText = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("")

const drawSessionKey = (): SessionKey.SessionKey =>
  SessionKey.parse(randomText(SessionKey.alphabet, SessionKey.length)) ?? drawSessionKey()

/**
 * The system's clock and its cryptographic random numbers. `now` reads the global `Date` at every call, because a test
 * may replace it after this module was loaded.
 */
export const world: World = {
  now: () => Date.now(),
  sessionKey: drawSessionKey,
  csrfSecret: () => randomText(letters, csrfSecretLength)
}

/** The given functions, and the system's for those that are missing. */
export const worldWith = (given: Partial<World>): World => ({
  now: () => (given.now === undefined ? world.now() : instant(given.now())),
  sessionKey: () => given.sessionKey?.() ?? world.sessionKey(),
  csrfSecret: () => given.csrfSecret?.() ?? world.csrfSecret()
})

const instant = (now: number): number => {
  if (typeof now !== "number" || !Number.isFinite(now)) throw new TypeError("world.now: return epoch milliseconds")
  return now
}

/** The kinds of values that the option `world` may hold. */
export const worldKinds: Kinds<World> = { now: callable, sessionKey: callable, csrfSecret: callable }

/** The time and random values of one step: each is made on first use and stays the same after that. */
export const momentOf = (world: World): Moment => new Drawing(world)

class Drawing implements Moment, Fresh {
  readonly #world: World
  #now: number | undefined
  #sessionKey: SessionKey.SessionKey | undefined
  #csrfSecret: string | undefined
  #csrfMask: string | undefined

  constructor(world: World) {
    this.#world = world
  }
  get now(): number {
    this.#now ??= this.#world.now()
    return this.#now
  }
  get fresh(): Fresh {
    return this
  }
  get sessionKey(): SessionKey.SessionKey {
    this.#sessionKey ??= this.#world.sessionKey()
    return this.#sessionKey
  }
  get csrfSecret(): string {
    this.#csrfSecret ??= this.#world.csrfSecret()
    return this.#csrfSecret
  }
  get csrfMask(): string {
    this.#csrfMask ??= this.#world.csrfSecret()
    return this.#csrfMask
  }
}
