/** The memory stores behind a simulated network: every effect waits twice for the scheduler, and some effects fail. */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../src/adapters/ports/errors.ts"
import type { UserRow, UserStore } from "../../src/adapters/ports/stores.ts"
import type { MemoryStores, MemoryUser } from "../../src/adapters/store/memory.ts"
import type { Stores as StoresOf } from "../../src/testing/browser/intercept.ts"

export type Stores = StoresOf<MemoryUser>

/** Waits until the scheduler chooses this effect. */
export type Turn = (label: string) => Effect.Effect<void>

export const noWaiting: Turn = () => Effect.void

/**
 * The fault of one effect. `refused`: it does not happen and fails. `ackLost`: it happens, but reports a failure.
 * `slow`: it happens after all deadlines have passed.
 */
export type Fault = "none" | "refused" | "ackLost" | "slow"

export interface Network {
  readonly turn: Turn
  /** The fault of the next effect. */
  readonly nextFault: () => Fault
  readonly delay: () => void
  /** Whether each query returns the same user object, like a store in memory; otherwise a new object. */
  readonly sharesUsers: boolean
  /** Called when the interpreter got the answer that this key is stored. */
  readonly acknowledged: (key: string) => void
}

/** Both stores behind the simulated network. */
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

/** The history of the session table. */
export interface Chronicle {
  /** All keys that a row has ever had. */
  readonly stored: Set<string>
  /** Keys whose row was removed. */
  readonly buried: Set<string>
  /** Keys that got a row again after their row was removed. */
  readonly risen: Set<string>
}

/** Records which rows are added and removed. */
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
