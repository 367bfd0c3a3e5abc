/** Stores with a bug that `brokenStores` of `latchkey/testing` does not have. */
import * as Effect from "effect/Effect"
import type { Plant } from "./plant.ts"
import type { Stores, Turn } from "./stores.ts"

type Commit = Stores["sessions"]["commit"]

const committing = (name: string, commit: (sound: Commit, turn: Turn) => Commit): Plant => ({
  name,
  beneath: ({ sessions, users }, turn) => ({
    users,
    sessions: { ...sessions, commit: commit(sessions.commit, turn) }
  })
})

/** @param parsed the text after its JSON was parsed and written again */
export const readsWhatItStores = (parsed: (text: string) => string): Plant =>
  committing(
    "a store that parses what it stores",
    (sound) => (change, now) => sound("text" in change ? { ...change, text: parsed(change.text) } : change, now)
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
