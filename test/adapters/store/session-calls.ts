/** The calls and the answers of a session store, as the tests of stores write them. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import type { SessionStore } from "../../../src/adapters/ports/session-store.ts"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../../src/core/effect.ts"
import * as Key from "../../../src/core/session-key.ts"

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
export const LATER = NOW + 86_400_000

/** A new key of 32 characters. */
export const freshKey = (): Key.SessionKey => {
  const key = Key.parse(randomBytes(16).toString("hex"))
  if (key === undefined) throw new Error("no key")
  return key
}

export const found = (text: string) => ({ _tag: "SessionFound", text, prefetched: undefined })
export const absent = { _tag: "SessionAbsent" }
export const committed = (key: Key.SessionKey, text: string) => ({ _tag: "Committed", key, text })
export const gone = { _tag: "Gone" }
export const changed = (text: string) => ({ _tag: "Changed", text })
export const keyTaken = { _tag: "KeyTaken" }
export const deleted = { _tag: "Deleted" }
export const moved = (to: Key.SessionKey) => ({ _tag: "Moved", to })

/** Adds a key to the JSON object under `key` as a request does: it compares, and tries again if the row has changed. */
export const addKey = async (
  commit: (change: SessionChange) => Promise<CommitAnswer>,
  loaded: string,
  key: Key.SessionKey,
  name: string
): Promise<"Committed" | "Gone"> => {
  for (let was = loaded; ; ) {
    const text = JSON.stringify({ ...JSON.parse(was), [name]: true })
    const answer = await commit({ _tag: "Update", key, was, text, expiresAt: LATER })
    if (answer._tag === "Committed" || answer._tag === "Gone") return answer._tag
    if (answer._tag !== "Changed") throw new Error(answer._tag)
    was = answer.text
  }
}

/** Calls of a store, at the moment `NOW`, for sessions that expire at `LATER`. */
export const callsOf = (store: () => SessionStore) => {
  const load = (key: Key.SessionKey, now = NOW): Promise<LoadSessionAnswer> => Effect.runPromise(store().load(key, now))
  const commit = (change: SessionChange, now = NOW): Promise<CommitAnswer> =>
    Effect.runPromise(store().commit(change, now))
  const insert = (key: Key.SessionKey, text: string, expiresAt = LATER) =>
    commit({ _tag: "Insert", key, text, expiresAt })
  const update = (key: Key.SessionKey, was: string | undefined, text: string) =>
    commit({ _tag: "Update", key, was, text, expiresAt: LATER })
  const move = (
    from: Key.SessionKey,
    was: string | undefined,
    to: Key.SessionKey,
    ifGone: "Insert" | "Refuse" = "Refuse"
  ) => commit({ _tag: "Move", from, was, to, text: `moved from ${was}`, expiresAt: LATER, ifGone })
  /** Gives the session with the text `was` another key, as a renewal by the same user does. */
  const renew = (
    from: Key.SessionKey,
    was: string | undefined,
    to: Key.SessionKey,
    ifGone: "Insert" | "Refuse" = "Refuse"
  ) => commit({ _tag: "Move", from, was, to, text: "renewed", expiresAt: LATER, ifGone, forwards: true })
  const remove = (key: Key.SessionKey, now = NOW) => commit({ _tag: "Delete", key }, now)
  /** Ends a session under its current key, as a logout does. @returns the number of deletes */
  const end = async (key: Key.SessionKey): Promise<number> => {
    for (let at = key, deletes = 1; ; deletes++) {
      const answer = await remove(at)
      if (answer._tag === "Deleted") return deletes
      if (answer._tag !== "Moved") throw new Error(answer._tag)
      at = answer.to
    }
  }
  const inserted = async (text = "text") => {
    const key = freshKey()
    await insert(key, text)
    return key
  }
  return { commit, end, insert, inserted, load, move, remove, renew, update }
}

export type SessionCalls = ReturnType<typeof callsOf>
