import type { SessionKey } from "../../core/session-key.ts"

/** A connection whose session is watched. */
export interface SessionWatch {
  readonly key: SessionKey
  /** The text form of the user's primary key; `undefined` until the session was read. */
  readonly userId: () => string | undefined
  /** Reads the session again now. */
  readonly recheck: () => void
}

/** The connections of this process whose sessions are watched. Told of changes that this process makes itself. */
export class SessionWatches {
  readonly #watches = new Set<SessionWatch>()

  add(watch: SessionWatch): void {
    this.#watches.add(watch)
  }
  remove(watch: SessionWatch): void {
    this.#watches.delete(watch)
  }
  /** The session was deleted, or has another key. */
  sessionChanged(key: SessionKey): void {
    for (const watch of this.#watches) if (watch.key === key) watch.recheck()
  }
  /**
   * The user's password changed, or the user was deactivated or deleted. A session whose user is not known yet is read
   * again too: the reading that is under way may have seen the user before the change.
   */
  userChanged(id: string): void {
    for (const watch of this.#watches) if ((watch.userId() ?? id) === id) watch.recheck()
  }
}
