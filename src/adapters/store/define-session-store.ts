/** A session store made of plain functions, which may return promises. */
import * as Effect from "effect/Effect"
import type { CommitAnswer, SessionChange } from "../../core/effect.ts"
import type { SessionKey } from "../../core/session-key.ts"
import { StoreUnavailable } from "../ports/errors.ts"
import { callable, checkOptions, type Kinds, object } from "../ports/option-kinds.ts"
import type { SessionStore, StoreCapabilities } from "../ports/session-store.ts"

/**
 * The functions of {@link defineSessionStore}. If one of them throws or rejects, the client gets a 503; it is never
 * taken for an absent session.
 */
export interface SessionStoreDefinition {
  /** What the store guarantees. Declare only what is true of it. */
  readonly capabilities: StoreCapabilities
  /**
   * Returns the text under a key; `undefined` if there is no row, or if the row expires at `now` or earlier.
   *
   * @param now epoch milliseconds
   */
  readonly load: (key: SessionKey, now: number) => string | undefined | Promise<string | undefined>
  /**
   * Makes one atomic change. `docs/your-own-store.md` says what each change does.
   *
   * @param now epoch milliseconds
   */
  readonly commit: (change: SessionChange, now: number) => CommitAnswer | Promise<CommitAnswer>
  /** Removes rows that expired before `now`, or about `limit` of them. Returns the number of removed rows. */
  readonly clearExpired: (now: number, limit?: number) => number | Promise<number>
  /** How many rows `clearExpired` would remove. */
  readonly countExpired?: (now: number) => number | Promise<number>
}

const definitionKinds: Kinds<SessionStoreDefinition> = {
  capabilities: object,
  load: callable,
  commit: callable,
  clearExpired: callable,
  countExpired: callable
}

/**
 * Makes a session store from plain functions.
 *
 * ```ts
 * const sessions = defineSessionStore({
 *   capabilities: { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: false },
 *   load: async (key, now) => (await db.find(key, now))?.text,
 *   commit: (change) => db.transaction((tx) => apply(tx, change)),
 *   clearExpired: (now) => db.removeExpired(now)
 * })
 * ```
 *
 * @throws {ConfigurationInvalid} for a function that is missing
 */
export const defineSessionStore = (definition: SessionStoreDefinition): SessionStore => {
  checkOptions(definition, definitionKinds, "defineSessionStore.", ["capabilities", "load", "commit", "clearExpired"])
  const { countExpired } = definition
  return {
    capabilities: definition.capabilities,
    load: (key, now) =>
      Effect.map(
        asking("load a session", () => definition.load(key, now)),
        (text) =>
          text === undefined ? { _tag: "SessionAbsent" } : { _tag: "SessionFound", text, prefetched: undefined }
      ),
    commit: (change, now) => asking("commit a session", () => definition.commit(change, now)),
    clearExpired: (now, limit) => asking("clear sessions", () => definition.clearExpired(now, limit)),
    ...(countExpired === undefined
      ? {}
      : { countExpired: (now) => asking("count expired sessions", () => countExpired.call(definition, now)) })
  }
}

const asking = <A>(operation: string, ask: () => A | Promise<A>): Effect.Effect<A, StoreUnavailable> =>
  Effect.tryPromise({
    try: async () => ask(),
    catch: (cause) => (cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ operation, cause }))
  })
