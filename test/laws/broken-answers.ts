/** Stores with a bug: they give wrong answers. */
import * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../../src/adapters/ports/errors.ts"
import type { CommitAnswer, LoadSessionAnswer } from "../../src/core/effect.ts"
import type { Plant } from "./plant.ts"

export const forgetsExpiry: Plant = {
  name: "a store that loads expired rows until they are cleared",
  beneath: ({ sessions, users }) => ({
    users,
    sessions: { ...sessions, load: (key) => sessions.load(key, 0) }
  })
}

export const expiresTooLate: Plant = {
  name: "a store that loads a row at the instant of its end",
  beneath: ({ sessions, users }) => ({
    users,
    sessions: { ...sessions, load: (key, now) => sessions.load(key, now - 1) }
  })
}

export const prolongsWhatIsRead: Plant = {
  name: "a store that prolongs a session when it is read",
  beneath: ({ sessions, users }) => ({
    users,
    sessions: {
      ...sessions,
      load: (key, now) =>
        Effect.tap(sessions.load(key, now), (answer) =>
          answer._tag === "SessionFound"
            ? sessions.commit({ _tag: "Update", key, was: answer.text, text: answer.text, expiresAt: now + 9e8 }, now)
            : Effect.void
        )
    }
  })
}

/** A connection pool that reuses a connection after it failed. */
export const neverRecovers: Plant = {
  name: "a store that keeps failing after its first failure",
  above: ({ sessions, users }) => {
    let spoilt: StoreUnavailable | undefined
    const through = <A>(effect: Effect.Effect<A, StoreUnavailable>): Effect.Effect<A, StoreUnavailable> =>
      Effect.suspend(() =>
        spoilt === undefined
          ? Effect.tapError(effect, (error) =>
              Effect.sync(() => {
                spoilt = error
              })
            )
          : Effect.fail(spoilt)
      )
    return {
      users,
      sessions: {
        ...sessions,
        load: (key, now) => through(sessions.load(key, now)),
        commit: (change, now) => through(sessions.commit(change, now))
      }
    }
  }
}

export const takesOutageForAbsence: Plant = {
  name: "a store that reports an outage as an absent session",
  above: ({ sessions, users }) => ({
    users,
    sessions: {
      ...sessions,
      load: (key, now) =>
        Effect.catch(sessions.load(key, now), () => Effect.succeed<LoadSessionAnswer>({ _tag: "SessionAbsent" }))
    }
  })
}

/** Behaves like Django's file engine on a full disk. */
export const swallowsFailures: Plant = {
  name: "a store that reports a failed write as done",
  above: ({ sessions, users }) => ({
    users,
    sessions: {
      ...sessions,
      commit: (change, now) =>
        Effect.catch(sessions.commit(change, now), () => {
          const key = change._tag === "Move" ? change.to : change.key
          return Effect.succeed<CommitAnswer>(
            change._tag === "Delete" ? { _tag: "Deleted" } : { _tag: "Committed", key, text: change.text }
          )
        })
    }
  })
}

/** Behaves like Django's db engine. */
export const takesOutageForGone: Plant = {
  name: "a store that reports a failed write as a deleted session",
  above: ({ sessions, users }) => ({
    users,
    sessions: {
      ...sessions,
      commit: (change, now) =>
        Effect.catch(sessions.commit(change, now), () => Effect.succeed<CommitAnswer>({ _tag: "Gone" }))
    }
  })
}

/** A pool whose connections return answers in the order of the queries. */
export const mixesAnswersUp: Plant = {
  name: "a store that gives one request the answer for another",
  beneath: ({ sessions, users }, turn) => {
    let last: LoadSessionAnswer = { _tag: "SessionAbsent" }
    return {
      users,
      sessions: {
        ...sessions,
        load: (key, now) =>
          Effect.gen(function* () {
            last = yield* sessions.load(key, now)
            yield* turn("the answer crosses the pool")
            return last
          })
      }
    }
  }
}

/** Behaves like Django's own upgrade. */
export const upgradesBlindly: Plant = {
  name: "a store that overwrites a changed password with an upgraded hash",
  beneath: ({ sessions, users }) => ({
    sessions,
    users: { ...users, upgradePassword: (id, _was, encoded) => users.setPassword(id, encoded) }
  })
}

export const upgradesNothing: Plant = {
  name: "a store that reports an upgrade of a hash and does nothing",
  beneath: ({ sessions, users }) => ({
    sessions,
    users: { ...users, upgradePassword: () => Effect.succeed(true) }
  })
}

export const changesNoPassword: Plant = {
  name: "a store that reports a new password and does nothing",
  beneath: ({ sessions, users }) => ({ sessions, users: { ...users, setPassword: () => Effect.succeed(true) } })
}

export const flickers: Plant = {
  name: "a store that finds a session every other time",
  beneath: ({ sessions, users }) => {
    let there = false
    return {
      users,
      sessions: {
        ...sessions,
        load: (key, now) => {
          there = !there
          return there ? sessions.load(key, now) : Effect.succeed({ _tag: "SessionAbsent" })
        }
      }
    }
  }
}
