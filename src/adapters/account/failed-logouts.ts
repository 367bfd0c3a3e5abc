import type { SessionKey } from "../../core/session-key.ts"

/** So many keys are remembered; of more, those that were added last. */
const mostKeys = 10_000

/** So many renewals are remembered: more than a process makes while one logout waits for its store. */
const mostRenewals = 1_000

/** A client may send a longer key. No store of latchkey has a session with it. */
const longestKey = 128

/**
 * The keys of sessions that this process was to end and could not delete, because the store was unavailable. This process
 * no longer accepts such a session: a request with its key first deletes it, and is answered with 503 as long as that
 * fails. Other processes do not know of it. The keys are secrets.
 */
export class FailedLogouts {
  /** The key that was added first comes first. */
  readonly #keys = new Set<SessionKey>()
  /** The new keys of sessions, by their old ones. */
  readonly #renewals = new Map<SessionKey, SessionKey>()

  has(key: SessionKey): boolean {
    return this.#keys.size > 0 && this.#keys.has(key)
  }
  /**
   * The session could not be deleted. If it has got another key meanwhile, that key is added too.
   *
   * @returns the keys that are new
   */
  add(key: SessionKey): ReadonlyArray<SessionKey> {
    const added: Array<SessionKey> = []
    for (let next: SessionKey | undefined = key; next !== undefined; next = this.#renewals.get(next)) {
      if (next.length > longestKey || this.#keys.has(next)) break
      this.#keys.add(next)
      added.push(next)
      dropOldest(this.#keys, mostKeys)
    }
    return added
  }
  /**
   * The session has got another key.
   *
   * @returns whether its logout had failed before: then the new key is added
   */
  renewed(from: SessionKey, to: SessionKey): boolean {
    const isEnded = this.has(from)
    if (isEnded) this.add(to)
    this.#renewals.set(from, to)
    dropOldest(this.#renewals, mostRenewals)
    return isEnded
  }
  /** The session was deleted. */
  remove(key: SessionKey): void {
    this.#keys.delete(key)
  }
  clear(): void {
    this.#keys.clear()
    this.#renewals.clear()
  }
}

const dropOldest = (keys: Set<SessionKey> | Map<SessionKey, SessionKey>, most: number): void => {
  for (const oldest of keys.keys()) {
    if (keys.size <= most) break
    keys.delete(oldest)
  }
}
