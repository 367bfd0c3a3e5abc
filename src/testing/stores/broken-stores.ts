/** Stores with one fault each. A good test suite detects all of them. */
import * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../../adapters/errors/errors.ts"
import type { SessionStore } from "../../adapters/ports/session-store.ts"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../core/effect.ts"
import type { Stores } from "../browser/intercept.ts"
import { brokenRecords } from "./broken-records.ts"

/**
 * Waits between two calls of a change that must be atomic: for example the `turn` of a gate. `undefined`: the second
 * call follows immediately.
 */
export type Between = (label: string) => Promise<void> | undefined

/** A store with a fault. */
export interface BrokenStore {
  /** What the store does wrong. */
  readonly name: string
  /**
   * Where the fault is: in the store, in its records of the sessions of users, or in how the store's client handles
   * errors. A fault of the records is visible only if the store keeps records (`userSessions`), and a fault of the
   * client only if calls fail.
   */
  readonly place: "store" | "records" | "client"
  /**
   * Puts the fault into sound stores.
   *
   * @param between what happens between two calls of a change that must be atomic. Default: other work may run
   */
  readonly stores: <User>(sound: Stores<User>, between?: Between) => Stores<User>
}

type Commit = SessionStore["commit"]
type Load = SessionStore["load"]
type Move = SessionChange & { readonly _tag: "Move" }

const otherWork: Between = () => new Promise((resolve) => setTimeout(resolve, 0))

const waiting = (between: Between, label: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const wait = between(label)
    return wait === undefined ? Effect.void : Effect.promise(() => wait)
  })

const sessionsOf = (
  name: string,
  change: (sound: SessionStore, between: Between) => Partial<SessionStore>
): BrokenStore => ({
  name,
  place: "store",
  stores: ({ sessions, users }, between = otherWork) => ({
    sessions: { ...sessions, ...change(sessions, between) },
    users
  })
})

const committing = (name: string, commit: (sound: Commit, between: Between) => Commit): BrokenStore =>
  sessionsOf(name, ({ commit: sound }, between) => ({ commit: commit(sound, between) }))

const loading = (name: string, load: (sound: Load, sessions: SessionStore, between: Between) => Load): BrokenStore =>
  sessionsOf(name, (sessions, between) => ({ load: load(sessions.load, sessions, between) }))

// ---- what is written ---------------------------------------------------------------------------------------------

const upserting =
  (sound: Commit): Commit =>
  (change, now) =>
    Effect.flatMap(sound(change, now), (answer) =>
      change._tag === "Update" && answer._tag === "Gone"
        ? sound({ ...change, _tag: "Insert" }, now)
        : Effect.succeed(answer)
    )

const insertOf = (sound: Commit, change: Move, now: number) =>
  sound({ _tag: "Insert", key: change.to, text: change.text, expiresAt: change.expiresAt }, now)

const doneBlindly = (change: SessionChange): CommitAnswer =>
  change._tag === "Delete"
    ? { _tag: "Deleted" }
    : { _tag: "Committed", key: change._tag === "Move" ? change.to : change.key, text: change.text }

const written: ReadonlyArray<BrokenStore> = [
  committing("an Update inserts a row that is gone", upserting),
  committing(
    "an Update reads the row and writes it in a second step",
    (sound, between) => (change, now) =>
      change._tag === "Update"
        ? Effect.gen(function* () {
            // Reads the row with a write that cannot succeed: the answer has the text of the row.
            const found = yield* sound({ ...change, was: "" }, now)
            if (found._tag === "Gone") return found
            if (change.was !== undefined && found._tag === "Changed" && found.text !== change.was) return found
            yield* waiting(between, "between read and write")
            return yield* upserting(sound)({ ...change, was: undefined }, now)
          })
        : sound(change, now)
  ),
  committing(
    "an Update does not compare the row's text",
    (sound) => (change, now) => sound(change._tag === "Update" ? { ...change, was: undefined } : change, now)
  ),
  committing(
    "a Move does not compare the row's text",
    (sound) => (change, now) => sound(change._tag === "Move" ? { ...change, was: undefined } : change, now)
  ),
  committing(
    "a Move keeps the old row",
    (sound) => (change, now) => (change._tag === "Move" ? insertOf(sound, change, now) : sound(change, now))
  ),
  committing("a Move writes the new data under both keys", (sound) => (change, now) => {
    if (change._tag !== "Move") return sound(change, now)
    return Effect.flatMap(
      sound({ ...change, _tag: "Update", key: change.from }, now),
      (answer): ReturnType<Commit> =>
        answer._tag === "Committed" || change.ifGone === "Insert"
          ? insertOf(sound, change, now)
          : Effect.succeed(answer)
    )
  }),
  committing("a Move writes under the old key", (sound) => (change, now) => {
    if (change._tag !== "Move") return sound(change, now)
    return Effect.flatMap(
      sound({ ...change, _tag: "Update", key: change.from }, now),
      (answer): ReturnType<Commit> =>
        answer._tag === "Gone" && change.ifGone === "Insert" ? insertOf(sound, change, now) : Effect.succeed(answer)
    )
  }),
  committing(
    "a Move inserts although the old row is gone and must not be replaced",
    (sound) => (change, now) => sound(change._tag === "Move" ? { ...change, ifGone: "Insert" } : change, now)
  ),
  committing("a Move does not remember the new key of a session", (sound) => (change, now) => {
    if (change._tag !== "Move") return sound(change, now)
    const { forwards: _, ...move } = change
    return sound(move, now)
  }),
  committing(
    "a Delete removes nothing",
    (sound) => (change, now) =>
      change._tag === "Delete" ? Effect.succeed<CommitAnswer>({ _tag: "Deleted" }) : sound(change, now)
  ),
  committing(
    "a Delete does not answer with the new key of a session",
    (sound) => (change, now) =>
      change._tag === "Delete"
        ? Effect.as(sound(change, now), { _tag: "Deleted" } satisfies CommitAnswer)
        : sound(change, now)
  ),
  committing(
    "a Move remembers the new key without being asked to",
    (sound) => (change, now) => sound(change._tag === "Move" ? { ...change, forwards: true } : change, now)
  ),
  committing("a Delete forgets the new key of a session", (sound) => {
    const forgotten = new Set<string>()
    return (change, now) =>
      Effect.map(sound(change, now), (answer): CommitAnswer => {
        if (change._tag !== "Delete" || answer._tag !== "Moved") return answer
        if (forgotten.has(change.key)) return { _tag: "Deleted" }
        forgotten.add(change.key)
        return answer
      })
  }),
  committing(
    "the new key of a session is remembered for half a minute",
    (sound) => (change, now) => sound(change, change._tag === "Delete" ? now + 30_000 : now)
  ),
  committing(
    "a commit answers with the text that was asked for, and not with that of the row",
    (sound) => (change, now) =>
      Effect.map(
        sound(change, now),
        (answer): CommitAnswer =>
          answer._tag === "Changed" && "was" in change ? { ...answer, text: change.was ?? answer.text } : answer
      )
  ),
  committing(
    "an Insert overwrites a row that has the key",
    (sound) => (change, now) =>
      Effect.flatMap(
        sound(change, now),
        (answer): ReturnType<Commit> =>
          change._tag === "Insert" && answer._tag === "KeyTaken"
            ? sound({ ...change, _tag: "Update", was: undefined }, now)
            : Effect.succeed(answer)
      )
  ),
  committing(
    "a commit answers before it writes",
    (sound, between) => (change, now) =>
      Effect.sync((): CommitAnswer => {
        Effect.runFork(Effect.andThen(waiting(between, "the late write"), sound(change, now)))
        return doneBlindly(change)
      })
  ),
  committing(
    "a commit truncates long texts",
    (sound) => (change, now) => sound("text" in change ? { ...change, text: change.text.slice(0, 4096) } : change, now)
  ),
  committing(
    "a commit reports another row as gone instead of changed",
    (sound) => (change, now) =>
      Effect.map(sound(change, now), (answer): CommitAnswer => (answer._tag === "Changed" ? { _tag: "Gone" } : answer))
  )
]

// ---- what is read ------------------------------------------------------------------------------------------------

const read: ReadonlyArray<BrokenStore> = [
  loading("a load returns expired sessions until they are cleared", (sound) => (key) => sound(key, 0)),
  loading("a load returns a session at the instant of its expiry", (sound) => (key, now) => sound(key, now - 1)),
  loading(
    "a load extends the session's expiry",
    (sound, { commit }) =>
      (key, now) =>
        Effect.tap(sound(key, now), (answer) =>
          answer._tag === "SessionFound"
            ? commit({ _tag: "Update", key, was: answer.text, text: answer.text, expiresAt: now + 9e8 }, now)
            : Effect.void
        )
  ),
  loading("a load finds a session only every second time", (sound) => {
    let isFound = false
    return (key, now) => {
      isFound = !isFound
      return isFound ? sound(key, now) : Effect.succeed({ _tag: "SessionAbsent" })
    }
  }),
  loading("a load returns the answer for another key", (sound, _, between) => {
    let last: LoadSessionAnswer = { _tag: "SessionAbsent" }
    return (key, now) =>
      Effect.gen(function* () {
        last = yield* sound(key, now)
        yield* waiting(between, "the answer of a load")
        return last
      })
  }),
  sessionsOf("clearExpired removes sessions that have not expired", ({ clearExpired }) => ({
    clearExpired: (now) => clearExpired(now + 86_400_000 * 30)
  })),
  sessionsOf("clearExpired removes nothing, and says that it did", () => ({ clearExpired: () => Effect.succeed(1) }))
]

// ---- users -------------------------------------------------------------------------------------------------------

const users: ReadonlyArray<BrokenStore> = [
  {
    name: "setPassword reports a new password and does not write it",
    place: "store",
    stores: (sound) => ({
      sessions: sound.sessions,
      users: { ...sound.users, setPassword: () => Effect.succeed(true) }
    })
  }
]

// ---- records of the sessions of users ----------------------------------------------------------------------------

const records: ReadonlyArray<BrokenStore> = brokenRecords.map(({ name, sessions }) => ({
  name,
  place: "records",
  stores: (sound) => ({ sessions: sessions(sound.sessions), users: sound.users })
}))

// ---- errors ------------------------------------------------------------------------------------------------------

const clientOf = (name: string, change: (sound: SessionStore) => Partial<SessionStore>): BrokenStore => ({
  name,
  place: "client",
  stores: ({ sessions, users }) => ({ sessions: { ...sessions, ...change(sessions) }, users })
})

const errors: ReadonlyArray<BrokenStore> = [
  clientOf("an outage is reported as an absent session", ({ load }) => ({
    load: (key, now) => Effect.catch(load(key, now), () => Effect.succeed<LoadSessionAnswer>({ _tag: "SessionAbsent" }))
  })),
  clientOf("a failed write is reported as done", ({ commit }) => ({
    commit: (change, now) => Effect.catch(commit(change, now), () => Effect.succeed(doneBlindly(change)))
  })),
  clientOf("a failed write is reported as a deleted session", ({ commit }) => ({
    commit: (change, now) => Effect.catch(commit(change, now), () => Effect.succeed<CommitAnswer>({ _tag: "Gone" }))
  })),
  clientOf("after one failure, every call fails", ({ commit, load }) => {
    let failure: StoreUnavailable | undefined
    const through = <A>(call: Effect.Effect<A, StoreUnavailable>): Effect.Effect<A, StoreUnavailable> =>
      Effect.suspend(() =>
        failure === undefined
          ? Effect.tapError(call, (error) =>
              Effect.sync(() => {
                failure = error
              })
            )
          : Effect.fail(failure)
      )
    return {
      load: (key, now) => through(load(key, now)),
      commit: (change, now) => through(commit(change, now))
    }
  })
]

/**
 * Stores with one fault each. `storePromises` and the laws find all of them; use them to see that your own tests can
 * fail:
 *
 * ```ts
 * for (const broken of brokenStores) {
 *   const site = testSite({ stores: (stores) => broken.stores(stores) })
 * }
 * ```
 */
export const brokenStores: ReadonlyArray<BrokenStore> = [...written, ...read, ...users, ...records, ...errors]
