/** Stores with a bug: they write something other than the requested change. */
import * as Effect from "effect/Effect"
import type { CommitAnswer, SessionChange } from "../../src/core/effect.ts"
import type { Plant } from "./plant.ts"
import type { Stores, Turn } from "./stores.ts"

type Commit = Stores["sessions"]["commit"]

type Move = SessionChange & { readonly _tag: "Move" }

const committing = (name: string, commit: (sound: Commit, turn: Turn) => Commit): Plant => ({
  name,
  beneath: ({ sessions, users }, turn) => ({
    users,
    sessions: { ...sessions, commit: commit(sessions.commit, turn) }
  })
})

const upsert =
  (sound: Commit): Commit =>
  (change, now) =>
    Effect.flatMap(sound(change, now), (answer) =>
      change._tag === "Update" && answer._tag === "Gone"
        ? sound({ ...change, _tag: "Insert" }, now)
        : Effect.succeed(answer)
    )

export const upsertsWhatIsGone = committing("a store that inserts a row that is gone", upsert)

/** Behaves like Django's cache engine. */
export const readsThenWrites = committing(
  "a store that reads, then writes",
  (sound, turn) => (change, now) =>
    change._tag === "Update"
      ? Effect.gen(function* () {
          // Reads the row with a write that cannot succeed: the answer contains the text of the row.
          const found = yield* sound({ ...change, was: "" }, now)
          if (found._tag === "Gone") return found
          if (change.was !== undefined && found._tag === "Changed" && found.text !== change.was) return found
          yield* turn("between read and write")
          return yield* upsert(sound)({ ...change, was: undefined }, now)
        })
      : sound(change, now)
)

export const comparesNothing = committing(
  "a store whose last writer wins",
  (sound) => (change, now) => sound("was" in change ? { ...change, was: undefined } : change, now)
)

/** Inserts the new row correctly. */
const insertOf = (sound: Commit, change: Move, now: number) =>
  sound({ _tag: "Insert", key: change.to, text: change.text, expiresAt: change.expiresAt }, now)

export const keepsTheOldRow = committing(
  "a store that keeps the old row of a move",
  (sound) => (change, now) => (change._tag === "Move" ? insertOf(sound, change, now) : sound(change, now))
)

export const writesBothRows = committing(
  "a store that writes the new data under both keys",
  (sound) => (change, now) => {
    if (change._tag !== "Move") return sound(change, now)
    return Effect.flatMap(
      sound({ ...change, _tag: "Update", key: change.from }, now),
      (answer): ReturnType<Commit> =>
        answer._tag === "Committed" || change.ifGone === "Insert"
          ? insertOf(sound, change, now)
          : Effect.succeed(answer)
    )
  }
)

/** Updates the row in place, but writes the old key into the key column. */
export const keepsTheOldKey = committing("a store that keeps the old key", (sound) => (change, now) => {
  if (change._tag !== "Move") return sound(change, now)
  return Effect.flatMap(
    sound({ ...change, _tag: "Update", key: change.from }, now),
    (answer): ReturnType<Commit> =>
      answer._tag === "Gone" && change.ifGone === "Insert" ? insertOf(sound, change, now) : Effect.succeed(answer)
  )
})

export const deletesNothing = committing(
  "a store that deletes nothing",
  (sound) => (change, now) =>
    change._tag === "Delete" ? Effect.succeed<CommitAnswer>({ _tag: "Deleted" }) : sound(change, now)
)

export const forgetsWhereItMoved = committing(
  "a store that does not remember under which key a session was renewed",
  (sound) => (change, now) => {
    if (change._tag !== "Move") return sound(change, now)
    const { forwards: _, ...move } = change
    return sound(move, now)
  }
)

export const deletesWithoutALook = committing(
  "a store that deletes a row without answering that the session was renewed",
  (sound) => (change, now) =>
    change._tag === "Delete"
      ? Effect.as(sound(change, now), { _tag: "Deleted" } satisfies CommitAnswer)
      : sound(change, now)
)

export const adoptsTakenKeys = committing(
  "a store that overwrites a row whose key was generated again",
  (sound) => (change, now) =>
    Effect.flatMap(
      sound(change, now),
      (answer): ReturnType<Commit> =>
        change._tag === "Insert" && answer._tag === "KeyTaken"
          ? sound({ ...change, _tag: "Update", was: undefined }, now)
          : Effect.succeed(answer)
    )
)

/** @param parsed the text after its JSON was parsed and written again */
export const readsWhatItStores = (parsed: (text: string) => string): Plant =>
  committing(
    "a store that parses what it stores",
    (sound) => (change, now) => sound("text" in change ? { ...change, text: parsed(change.text) } : change, now)
  )

/** Sends the cookies first, and writes the session after that. */
export const writesBehind = committing(
  "a store that answers before it writes",
  (sound, turn) => (change, now) =>
    Effect.sync((): CommitAnswer => {
      Effect.runFork(Effect.andThen(turn("behind"), sound(change, now)))
      if (change._tag === "Delete") return { _tag: "Deleted" }
      return { _tag: "Committed", key: change._tag === "Move" ? change.to : change.key, text: change.text }
    })
)

/** @param mixed a mixture of both texts, as from a store that writes one column after the other */
export const writesPieceByPiece = (mixed: (before: string, after: string) => string): Plant =>
  committing("a store that writes one value after the other", (sound, turn) => (change, now) => {
    if (change._tag !== "Move" && change._tag !== "Update") return sound(change, now)
    const { expiresAt, text } = change
    const key = change._tag === "Move" ? change.from : change.key
    return Effect.gen(function* () {
      const found = yield* sound({ _tag: "Update", key, was: "", text, expiresAt }, now)
      if (found._tag === "Changed" && (change.was === undefined || change.was === found.text)) {
        const torn = mixed(found.text, text)
        yield* sound({ _tag: "Update", key, was: found.text, text: torn, expiresAt }, now)
        yield* turn("between two values")
        return yield* sound({ ...change, was: change.was === undefined ? undefined : torn }, now)
      }
      return yield* sound(change, now)
    })
  })
