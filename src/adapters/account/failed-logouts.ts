import type { SessionKey } from "../../core/session-key.ts"

/** So many keys are remembered; of more, those that were added last. */
const mostKeys = 10_000

/** A client may send a longer key. No store of latchkey has a session with it. */
const longestKey = 128

/**
 * The keys of sessions that this process was to end and could not delete, because the store was unavailable. This process
 * accepts such a session no more: a request with its key first deletes it, and is answered with 503 as long as that fails.
 * Other processes do not know of it. The keys are secrets.
 */
export class FailedLogouts {
  /** Until when each key is remembered, in epoch milliseconds. The key that was added first comes first. */
  readonly #ends = new Map<SessionKey, number>()
  readonly #clock: { readonly now: () => number }
  readonly #seconds: number

  /** @param seconds how long a key is remembered: as long as a session lasts that is not used any more */
  constructor(clock: { readonly now: () => number }, seconds: number) {
    this.#clock = clock
    this.#seconds = seconds
  }

  has(key: SessionKey): boolean {
    return this.#ends.size > 0 && (this.#ends.get(key) ?? 0) > this.#clock.now()
  }
  /** The session could not be deleted. */
  add(key: SessionKey): void {
    if (key.length > longestKey || this.has(key)) return
    const now = this.#clock.now()
    this.#ends.delete(key)
    for (const [oldest, end] of this.#ends) {
      if (end > now && this.#ends.size < mostKeys) break
      this.#ends.delete(oldest)
    }
    this.#ends.set(key, now + this.#seconds * 1000)
  }
  /** The session was deleted. */
  remove(key: SessionKey): void {
    this.#ends.delete(key)
  }
  clear(): void {
    this.#ends.clear()
  }
}
