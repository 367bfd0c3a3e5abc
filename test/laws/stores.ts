/** The memory stores seen through a network: every effect waits for its turn, twice, and some of them fail. */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../src/adapters/interpreter/errors.ts"
import type { SessionStore, UserRow, UserStore } from "../../src/adapters/interpreter/ports.ts"
import type { MemoryStores, MemoryUser } from "../../src/adapters/store/memory.ts"

export interface Stores {
  readonly sessions: SessionStore
  readonly users: UserStore<MemoryUser>
}

/** Waits until it is somebody's turn. */
export type Turn = (label: string) => Effect.Effect<void>

export const noWaiting: Turn = () => Effect.void

/**
 * What befalls one effect. `refused`: it does not happen, and says so. `ackLost`: it happens, and says that it failed.
 * `slow`: it happens after every deadline has passed.
 */
export type Fault = "none" | "refused" | "ackLost" | "slow"

export interface Network {
  readonly turn: Turn
  /** The fault of the next effect. */
  readonly nextFault: () => Fault
  readonly delay: () => void
  /** Whether the same user is the same object each time, as where users are kept in memory; else a new one. */
  readonly sharesUsers: boolean
  /** The interpreter has been told that this key is stored. */
  readonly acknowledged: (key: string) => void
}

/** Both stores behind a network. */
export const remote = ({ sessions, users }: Stores, network: Network): Stores => {
  const call = <A>(operation: string, effect: Effect.Effect<A, StoreUnavailable>) =>
    Effect.gen(function* () {
      yield* network.turn(`${operation} leaves`)
      const fault = network.nextFault()
      if (fault === "refused") return yield* new StoreUnavailable({ operation, cause: fault })
      if (fault === "slow") network.delay()
      const answer = yield* effect
      yield* network.turn(`${operation} returns`)
      if (fault === "ackLost") return yield* new StoreUnavailable({ operation, cause: fault })
      return answer
    })
  const received = (row: UserRow<MemoryUser> | undefined) =>
    row === undefined || network.sharesUsers ? row : { ...row, user: { ...row.user } }
  const remoteUsers: UserStore<MemoryUser> = {
    ...users,
    findByUsername: (username) => Effect.map(call("findByUsername", users.findByUsername(username)), received),
    findById: (id) => Effect.map(call("findById", users.findById(id)), received),
    upgradePassword: (id, was, encoded) => call("upgradePassword", users.upgradePassword(id, was, encoded)),
    setPassword: (id, encoded) => call("setPassword", users.setPassword(id, encoded)),
    recordLogin: (id, now) => call("recordLogin", users.recordLogin(id, now))
  }
  return {
    users: remoteUsers,
    sessions: {
      ...sessions,
      load: (key, now) => call("load", sessions.load(key, now)),
      commit: (change, now) =>
        Effect.tap(call(change._tag, sessions.commit(change, now)), (answer) =>
          Effect.sync(() => (answer._tag === "Committed" ? network.acknowledged(answer.key) : undefined))
        ),
      ...(sessions.prefetch === undefined ? {} : { prefetch: { ...sessions.prefetch, users: remoteUsers } })
    }
  }
}

/** What has ever stood in the session table. */
export interface Chronicle {
  /** Keys that some row has had. */
  readonly stored: Set<string>
  /** Keys whose row was removed. */
  readonly buried: Set<string>
  /** Keys that have a row again after theirs was removed. */
  readonly risen: Set<string>
}

/** Writes down which rows come and go. */
export const chronicled = (stores: MemoryStores, chronicle: Chronicle, changed: () => void): Stores => ({
  users: {
    ...stores.users,
    setPassword: (id, encoded) => Effect.tap(stores.users.setPassword(id, encoded), () => Effect.sync(changed)),
    upgradePassword: (id, was, encoded) =>
      Effect.tap(stores.users.upgradePassword(id, was, encoded), () => Effect.sync(changed))
  },
  sessions: {
    ...stores.sessions,
    commit: (change, now) =>
      Effect.suspend(() => {
        const before = new Set(stores.sessions.rows.keys())
        return Effect.tap(stores.sessions.commit(change, now), () =>
          Effect.sync(() => {
            for (const key of before) if (!stores.sessions.rows.has(key)) chronicle.buried.add(key)
            for (const key of stores.sessions.rows.keys()) {
              chronicle.stored.add(key)
              if (chronicle.buried.has(key)) chronicle.risen.add(key)
            }
            changed()
          })
        )
      })
  }
})
