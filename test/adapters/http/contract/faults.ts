/** Memory stores that a test can make fail or slow, and that count their calls. */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { type MemoryStores, memory } from "../../../../src/adapters/store/memory.ts"
import type { SessionChange } from "../../../../src/core/effect.ts"
import { parse } from "../../../../src/core/session-key.ts"

export interface FaultyStores extends Omit<MemoryStores, "snapshot"> {
  /** Runs before every load; a rejection is an outage. */
  beforeLoad: () => Promise<void> | void
  /** Runs before every write; a rejection is an outage. */
  beforeCommit: (change: SessionChange) => Promise<void> | void
  /** Runs before every query of a user; a rejection is an outage. */
  beforeUser: () => Promise<void> | void
  /** How often sessions were loaded, and users queried by id, since the last {@link heal}. */
  readonly asked: () => { readonly sessions: number; readonly users: number }
  /** How often a session was written or deleted since the last {@link heal}. */
  readonly commits: () => number
  /** Deletes a session, as a logout in another process does. */
  readonly remove: (key: string) => void
  /** Rewrites a session, as another program that runs at the same time may do. */
  readonly rewrite: (key: string) => void
  /** Removes all faults. */
  readonly heal: () => void
}

/** The text of an outage's cause, which no client may see. */
export const cause = new Error("connect ECONNREFUSED to db.internal, password=hunter2")

/** An outage, as {@link FaultyStores.beforeLoad} and the others raise it. */
export const outage = (): never => {
  throw cause
}

export const faultyMemory = (): FaultyStores => {
  const { sessions, users } = memory()
  const asked = { sessions: 0, users: 0 }
  let commits = 0
  const after = <A>(
    operation: string,
    before: () => Promise<void> | void,
    effect: () => Effect.Effect<A, StoreUnavailable>
  ): Effect.Effect<A, StoreUnavailable> =>
    Effect.flatMap(
      Effect.tryPromise({
        try: async () => before(),
        catch: (error) => new StoreUnavailable({ operation, cause: error })
      }),
      effect
    )

  const stores: FaultyStores = {
    beforeLoad: () => {},
    beforeCommit: () => {},
    beforeUser: () => {},
    asked: () => ({ ...asked }),
    commits: () => commits,
    remove: (text) => {
      const key = parse(text)
      if (key !== undefined) Effect.runSync(sessions.commit({ _tag: "Delete", key }, Date.now()))
    },
    rewrite: (text) => {
      const key = parse(text)
      const row = key === undefined ? undefined : sessions.rows.get(key)
      if (key === undefined || row === undefined) return
      const change = { _tag: "Update", key, was: undefined, text: `${row.text} `, expiresAt: row.expiresAt } as const
      Effect.runSync(sessions.commit(change, Date.now()))
    },
    heal: () => {
      Object.assign(stores, { beforeLoad: () => {}, beforeCommit: () => {}, beforeUser: () => {} })
      Object.assign(asked, { sessions: 0, users: 0 })
      commits = 0
    },
    // A session is loaded without its user, so that both queries can be counted.
    sessions: {
      rows: sessions.rows,
      capabilities: sessions.capabilities,
      clearExpired: sessions.clearExpired,
      load: (key, now) => {
        asked.sessions += 1
        return after(
          "load",
          () => stores.beforeLoad(),
          () => sessions.load(key, now)
        )
      },
      commit: (change, now) => {
        commits += 1
        return after(
          "commit",
          () => stores.beforeCommit(change),
          () => sessions.commit(change, now)
        )
      }
    },
    users: {
      ...users,
      findById: (id) => {
        asked.users += 1
        return after(
          "findById",
          () => stores.beforeUser(),
          () => users.findById(id)
        )
      }
    }
  }
  return stores
}
