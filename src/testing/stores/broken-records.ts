/** Faults in the records that a store keeps of the sessions of users. */
import * as Effect from "effect/Effect"
import type { SessionStore, StoredUserSession, UserSessionStore } from "../../adapters/ports/session-store.ts"

/** A fault, and how a sound store gets it. A store that records no sessions stays as it is. */
export interface BrokenRecords {
  /** What the store does wrong. */
  readonly name: string
  /** Puts the fault into a store. */
  readonly sessions: (sound: SessionStore) => SessionStore
}

const withRecords = (name: string, change: (sound: UserSessionStore) => Partial<UserSessionStore>): BrokenRecords => ({
  name,
  sessions: (sound) =>
    sound.userSessions === undefined
      ? sound
      : { ...sound, userSessions: { ...sound.userSessions, ...change(sound.userSessions) } }
})

type Commit = SessionStore["commit"]

const withCommit = (name: string, commit: (sound: Commit, records: UserSessionStore) => Commit): BrokenRecords => ({
  name,
  sessions: (sound) =>
    sound.userSessions === undefined ? sound : { ...sound, commit: commit(sound.commit, sound.userSessions) }
})

/** Stores whose records have one fault each. */
export const brokenRecords: ReadonlyArray<BrokenRecords> = [
  withRecords("a visit within the interval is recorded again", ({ visit }) => ({
    visit: (key, of) => visit(key, { ...of, seenBefore: of.at })
  })),
  withRecords("a visit is not recorded", () => ({ visit: () => Effect.void })),
  withRecords("a list has the sessions of no backend but the first", ({ list }) => ({
    list: (query, now) => list({ ...query, backends: query.backends.slice(0, 1) }, now)
  })),
  withRecords("a list has the sessions of users of other backends", ({ list, visit }) => {
    const backends = new Set<string>()
    return {
      visit: (key, of) => {
        if (of.user !== undefined) backends.add(of.user.backend)
        return visit(key, of)
      },
      list: (query, now) => list({ ...query, backends: [...new Set([...backends, ...query.backends])] }, now)
    }
  }),
  withRecords("a list by id has the sessions with other ids", ({ list }) => ({
    list: ({ backends, userId }, now) => list({ backends, userId }, now)
  })),
  withRecords("a list begins with the session that was seen first", ({ list }) => ({
    list: (query, now) => Effect.map(list(query, now), (all) => all.toReversed())
  })),
  withRecords("a list is empty", () => ({ list: () => Effect.succeed([]) })),
  withRecords("a list has sessions that have ended", ({ list, visit }) => {
    const seen = new Map<string, StoredUserSession>()
    return {
      visit: (key, of) => {
        const { at, user } = of
        if (user !== undefined) seen.set(key, { key, text: "text", record: { ...of, user, startedAt: at, seenAt: at } })
        return visit(key, of)
      },
      list: (query, now) =>
        Effect.map(list(query, now), (all) => [
          ...all,
          ...[...seen.values()].filter(
            ({ key, record }) => record.user.id === query.userId && all.every((one) => one.key !== key)
          )
        ])
    }
  }),
  withCommit("a change records no visit", (sound) => (change, now) => {
    if (change._tag === "Delete") return sound(change, now)
    const { visit: _, ...rest } = change
    return sound(rest, now)
  }),
  withCommit("a session with a new key has a new record", (sound, { visit }) => (change, now) => {
    const move = sound(change, now)
    return change._tag === "Move" && change.visit !== undefined
      ? Effect.andThen(visit(change.from, { ...change.visit, user: undefined }), move)
      : move
  }),
  {
    name: "a load returns no record",
    sessions: (sound) =>
      sound.userSessions === undefined
        ? sound
        : {
            ...sound,
            load: (key, now) =>
              Effect.map(sound.load(key, now), (answer) =>
                answer._tag === "SessionFound" ? { ...answer, record: undefined } : answer
              )
          }
  }
]
