import { randomInt } from "node:crypto"
import * as SessionKey from "../../core/session/key.ts"
import type { Fresh, Moment } from "../../core/transition.ts"
import { callable, type Kinds } from "../option-kinds.ts"

/** Where time and randomness come from. Tests bring their own. */
export interface World {
  /** Epoch milliseconds. Says when things are and when they end; how long a store may take is measured apart from it. */
  readonly now: () => number
  readonly sessionKey: () => SessionKey.SessionKey
  /** 32 letters and digits: a secret, or a mask for one. */
  readonly csrfSecret: () => string
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
const csrfSecretLength = 32

/** Characters of `alphabet`, each drawn uniformly: `randomInt` rejects what would favour some of them. */
const randomText = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("")

const drawSessionKey = (): SessionKey.SessionKey =>
  SessionKey.parse(randomText(SessionKey.alphabet, SessionKey.length)) ?? drawSessionKey()

/**
 * The system's clock and its cryptographic random numbers. The clock is looked up at every call: a test may replace
 * `Date` after this module was loaded.
 */
export const world: World = {
  now: () => Date.now(),
  sessionKey: drawSessionKey,
  csrfSecret: () => randomText(letters, csrfSecretLength)
}

/** The parts that are given, each asked whenever it is needed; the system's for the others. */
export const worldWith = (given: Partial<World>): World => ({
  now: () => (given.now === undefined ? world.now() : instant(given.now())),
  sessionKey: () => given.sessionKey?.() ?? world.sessionKey(),
  csrfSecret: () => given.csrfSecret?.() ?? world.csrfSecret()
})

const instant = (now: number): number => {
  if (typeof now !== "number" || !Number.isFinite(now)) throw new TypeError("world.now: return epoch milliseconds")
  return now
}

/** What the option `world` may hold. */
export const worldKinds: Kinds<World> = { now: callable, sessionKey: callable, csrfSecret: callable }

/** One moment of a world: the same at every look. What is never looked at is never drawn. */
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
