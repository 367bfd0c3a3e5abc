/** A session store made of plain functions, which may return promises. */
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange, SessionRecord, SessionVisit } from "../../core/effect.ts"
import type { SessionKey } from "../../core/session-key.ts"
import { StoreUnavailable } from "../errors/errors.ts"
import { boolean, callable, checkOptions, type Kinds, object } from "../options/option-kinds.ts"
import type {
  SessionStore,
  StoreCapabilities,
  StoredUserSession,
  UserSessionQuery,
  UserSessionStore
} from "../ports/session-store.ts"

/** A session as {@link SessionStoreDefinition.load} returns it if the store records the sessions of users. */
export interface RecordedText {
  /** The text under the key. */
  readonly text: string
  /** The record of the session; `undefined` if it has none. */
  readonly record: SessionRecord | undefined
}

/** The functions for the records of the sessions of users, which may return promises. */
export interface UserSessionFunctions {
  /**
   * Records a visit if the session exists: replaces its record by `Core.SessionRecords.visited(record, visit)`, and
   * deletes the record if that is `undefined`. A session that is deleted at the same time stays deleted.
   */
  readonly visit: (key: SessionKey, visit: SessionVisit) => void | Promise<void>
  /**
   * Returns the recorded sessions of a user that exist and have not expired, those seen last first, at most 1000.
   *
   * @param now epoch milliseconds
   */
  readonly list: (
    query: UserSessionQuery,
    now: number
  ) => ReadonlyArray<StoredUserSession> | Promise<ReadonlyArray<StoredUserSession>>
}

/**
 * The functions of {@link defineSessionStore}. If one of them throws or rejects, the client gets a 503; it is never
 * taken for an absent session.
 */
export interface SessionStoreDefinition {
  /** What the store guarantees. Declare only what is true of it. */
  readonly capabilities: StoreCapabilities
  /**
   * Returns the text under a key; `undefined` if there is no row, or if the row expires at `now` or earlier. With
   * `userSessions`, returns the text together with the record.
   *
   * @param now epoch milliseconds
   */
  readonly load: (
    key: SessionKey,
    now: number
  ) => string | RecordedText | undefined | Promise<string | RecordedText | undefined>
  /**
   * Makes one atomic change. `docs/your-own-store.md` says what each change does.
   *
   * @param now epoch milliseconds
   */
  readonly commit: (change: SessionChange, now: number) => CommitAnswer | Promise<CommitAnswer>
  /**
   * Removes rows that expired before `now`. Returns the number of removed rows.
   *
   * @param limit removes about so many rows at most. A caller that gives it calls again until the answer is 0. A store may
   *   ignore it
   */
  readonly clearExpired: (now: number, limit?: number) => number | Promise<number>
  /** How many rows `clearExpired` would remove. */
  readonly countExpired?: (now: number) => number | Promise<number>
  /**
   * Present if the store records the sessions of users. Then `load` returns the record too, `commit` carries out the
   * `visit` of each change together with the change, and `clearExpired` also removes records without a session.
   */
  readonly userSessions?: UserSessionFunctions
}

const definitionKinds: Kinds<SessionStoreDefinition> = {
  capabilities: object,
  load: callable,
  commit: callable,
  clearExpired: callable,
  countExpired: callable,
  userSessions: object
}

const capabilityKinds: Kinds<StoreCapabilities> = {
  atomicSwap: boolean,
  merges: boolean,
  revokes: boolean,
  sharedWithDjango: boolean
}

const recordKinds: Kinds<UserSessionFunctions> = { visit: callable, list: callable }

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
 * @throws {ConfigurationInvalid} for a function or a capability that is missing
 */
export const defineSessionStore = (definition: SessionStoreDefinition): SessionStore => {
  checkOptions(definition, definitionKinds, "defineSessionStore.", ["capabilities", "load", "commit", "clearExpired"])
  checkOptions(definition.capabilities, capabilityKinds, "defineSessionStore.capabilities.", [
    "atomicSwap",
    "merges",
    "revokes",
    "sharedWithDjango"
  ])
  const { countExpired, userSessions } = definition
  if (userSessions !== undefined)
    checkOptions(userSessions, recordKinds, "defineSessionStore.userSessions.", ["visit", "list"])
  return {
    capabilities: definition.capabilities,
    load: (key, now) => asking("load a session", async () => loadedAs(await definition.load(key, now))),
    commit: (change, now) => asking("commit a session", async () => committedAs(await definition.commit(change, now))),
    clearExpired: (now, limit) => asking("clear sessions", () => definition.clearExpired(now, limit)),
    ...(countExpired === undefined
      ? {}
      : { countExpired: (now) => asking("count expired sessions", () => countExpired.call(definition, now)) }),
    ...(userSessions === undefined ? {} : { userSessions: recordsOf(userSessions) })
  }
}

const recordsOf = (functions: UserSessionFunctions): UserSessionStore => ({
  visit: (key, visit) => asking("record a visit", () => functions.visit(key, visit)),
  list: (query, now) => asking("list sessions", () => functions.list(query, now))
})

const loadedAs = (loaded: string | RecordedText | undefined): LoadSessionAnswer => {
  if (loaded === undefined) return { _tag: "SessionAbsent" }
  if (typeof loaded === "string") return { _tag: "SessionFound", text: loaded, prefetched: undefined }
  // JavaScript may return null, or a row whose text has another name.
  if (typeof loaded?.text !== "string")
    throw new TypeError("defineSessionStore.load must return a text, an object with text and record, or undefined")
  return { _tag: "SessionFound", text: loaded.text, prefetched: undefined, record: loaded.record }
}

const answers: ReadonlyArray<string> = [
  "Committed",
  "KeyTaken",
  "Gone",
  "Changed",
  "Moved",
  "Deleted"
] satisfies ReadonlyArray<CommitAnswer["_tag"]>

const committedAs = (answer: CommitAnswer): CommitAnswer => {
  if (answers.includes(answer?._tag)) return answer
  throw new TypeError(`defineSessionStore.commit must return an object whose _tag is one of ${answers.join(", ")}`)
}

const asking = <A>(operation: string, ask: () => A | Promise<A>): Effect.Effect<A, StoreUnavailable> =>
  Effect.tryPromise({
    try: async () => ask(),
    catch: (cause) => (cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ operation, cause }))
  })
