/**
 * The session as a value. Every operation returns a new session; nothing is written until `respond` decides, once.
 *
 * | what the request did      | storedKey | key       | base       | what will be written                              |
 * | ------------------------- | --------- | --------- | ---------- | ------------------------------------------------- |
 * | nothing yet               | presented | presented | Unread     | nothing                                           |
 * | read, the row was there   | K         | K         | Read       | nothing, or the row, compared with its text       |
 * | read, no such row         | none      | none      | Absent     | nothing, or a new row                             |
 * | read, the row had expired | K         | fresh     | Expired    | a new row in place of K                           |
 * | `clear()` without reading | K         | K         | Cleared    | the row, whatever it holds                        |
 * | renewed (`cycleKey`)      | K or none | fresh     | as before  | a new row in place of K                           |
 * | `flush()`, `discard()`    | K         | none      | Flushed    | K goes; a new row only if there is new data       |
 */
import { isSameId } from "../uuid.ts"
import type { JsonText, SessionData } from "./data.ts"
import * as Data from "./data.ts"
import * as Json from "./json-text.ts"
import type { SessionKey } from "./key.ts"

/** One change since the data was read. Applied by key, so it can be applied again to data that changed meanwhile. */
export type Operation =
  | { readonly _tag: "Set"; readonly key: string; readonly value: JsonText }
  | { readonly _tag: "Delete"; readonly key: string }
  | { readonly _tag: "Clear" }
  /** The three identity keys, as one unit: no mixture of two logins can ever be stored. */
  | ({ readonly _tag: "Identify"; readonly over: "Anything" | "SameUser" } & IdentityTexts)

/** Whom the session acts as, as it stands in the data. */
export interface IdentityTexts {
  readonly id: JsonText
  readonly backend: JsonText
  readonly hash: JsonText
}

/** What the changes are compared with when they are written. */
export type Base =
  | { readonly _tag: "Unread" }
  | { readonly _tag: "Read"; readonly text: string }
  /** @property presented the key that the client sent, which has no row */
  | { readonly _tag: "Absent"; readonly presented?: SessionKey }
  | { readonly _tag: "Expired"; readonly text: string }
  | { readonly _tag: "Cleared" }
  /** @property endsRenewals the row that a parallel request put in the place of this one by a renewal goes too */
  | { readonly _tag: "Flushed"; readonly endsRenewals?: true }

/** What becomes of a renewed session whose row somebody deleted meanwhile. */
export type IfGone = "Insert" | "Interrupt" | "Drop"

interface SessionFields {
  /** The key as it will be after this request; `undefined`: none, or one is drawn when the session is written. */
  readonly key: SessionKey | undefined
  /** The key of the row that this request found or was told of. */
  readonly storedKey: SessionKey | undefined
  /** The data as this request sees it: what was read, with the operations applied. */
  readonly data: SessionData
  readonly operations: ReadonlyArray<Operation>
  readonly ifGone: IfGone
  readonly accessed: boolean
  readonly modified: boolean
}

/** A session whose data is known. */
export interface LoadedSession extends SessionFields {
  readonly base: Exclude<Base, { readonly _tag: "Unread" }>
}

/** A session that nobody has read yet. */
export interface UnreadSession extends SessionFields {
  readonly base: { readonly _tag: "Unread" }
}

export type Session = LoadedSession | UnreadSession

/** The session of a request that presented `key`. Without a key there is nothing to read. */
export const presented = (key: SessionKey | undefined): Session => {
  const untouched = { key, storedKey: key, data: Data.empty, operations: [], accessed: false, modified: false }
  return key === undefined
    ? { ...untouched, ifGone: "Interrupt", base: { _tag: "Absent" } }
    : { ...untouched, ifGone: "Interrupt", base: { _tag: "Unread" } }
}

export const isLoaded = (session: Session): session is LoadedSession => session.base._tag !== "Unread"

/** No key and no data: the browser's cookie, if it has one, is of no use. Never loads, never counts as access. */
export const isEmpty = (session: Session): boolean => session.key === undefined && session.data.size === 0

/** The row was there: `text` as it stands, `data` as decoded. Ignored if the session was read meanwhile. */
export const found = (session: Session, text: string, data: SessionData): LoadedSession =>
  isLoaded(session) ? session : { ...session, base: { _tag: "Read", text }, data }

/** There is no such row, or as good as none: the key is dropped, so a new one is drawn if something is to be stored. */
export const absent = (session: Session): LoadedSession =>
  isLoaded(session)
    ? session
    : { ...session, key: undefined, storedKey: undefined, base: absentBase(session.storedKey) }

const absentBase = (presented: SessionKey | undefined): LoadedSession["base"] =>
  presented === undefined ? { _tag: "Absent" } : { _tag: "Absent", presented }

/**
 * The row has expired and a new session takes its place at once, whether or not there is something to store.
 *
 * @param text what the row holds: it goes only if it still does. Nothing of it comes back.
 * @param key nobody has seen
 * @see Django: the `file` engine's SessionStore.load
 */
export const expired = (session: Session, text: string, key: SessionKey): LoadedSession =>
  isLoaded(session) ? session : { ...modified(session), key, base: { _tag: "Expired", text }, ifGone: "Insert" }

/** The row that this session was to take the place of stays: somebody revived it meanwhile. */
export const apart = (session: LoadedSession): LoadedSession => ({
  ...session,
  storedKey: undefined,
  base: { _tag: "Absent" }
})

// ---- reading -----------------------------------------------------------------------------------------------------

export const accessed = <S extends Session>(session: S): S =>
  session.accessed ? session : { ...session, accessed: true }

/** The JSON text stored under `key`. Reading counts as access: see {@link accessed}. */
export const get = (session: LoadedSession, key: string): JsonText | undefined => session.data.get(key)

// ---- writing -----------------------------------------------------------------------------------------------------

export const set = (session: LoadedSession, key: string, value: JsonText): LoadedSession =>
  write(session, { _tag: "Set", key, value })

/** Removes a key. One that is not there leaves the session unmodified. */
export const remove = (session: LoadedSession, key: string): LoadedSession =>
  session.data.has(key) ? write(session, { _tag: "Delete", key }) : accessed(session)

export const setDefault = (session: LoadedSession, key: string, value: JsonText): LoadedSession =>
  session.data.has(key) ? accessed(session) : set(session, key, value)

/** Merges; counts as a modification even when there is nothing to merge. */
export const update = (session: LoadedSession, values: SessionData): LoadedSession => {
  const data = new Map(session.data)
  for (const [key, value] of values) data.set(key, value)
  const sets = Array.from(values, ([key, value]): Operation => ({ _tag: "Set", key, value }))
  return { ...modified(session), data, operations: [...session.operations, ...sets] }
}

/** Empties the data and keeps the key. Needs no reading: without it, the row is rewritten whatever it holds. */
export const clear = (session: Session): LoadedSession =>
  isLoaded(session)
    ? write(session, { _tag: "Clear" })
    : { ...session, base: { _tag: "Cleared" }, accessed: true, modified: true }

/** Marks the session to be written although no key changed. */
export const modified = <S extends Session>(session: S): S => ({ ...session, accessed: true, modified: true })

/** Writes the three identity keys as one unit: a login. */
export const identify = (session: LoadedSession, identity: IdentityTexts): LoadedSession =>
  write(session, { _tag: "Identify", over: "Anything", ...identity })

/**
 * Writes another session auth hash for the user whom the session names. If it names another one, or nobody, by the
 * time it is written, the session counts as gone: a hash alone proves no identity.
 */
export const reidentify = (session: LoadedSession, identity: IdentityTexts): LoadedSession =>
  write(session, { _tag: "Identify", over: "SameUser", ...identity })

// ---- renewing ----------------------------------------------------------------------------------------------------

/**
 * Gives the session a new key and keeps its data. The old row is replaced when the session is written, or survives
 * untouched when it is not.
 *
 * @param ifGone what happens if somebody deletes the old row meanwhile
 */
export const renew = (session: LoadedSession, key: SessionKey, ifGone: IfGone): LoadedSession => ({
  ...modified(session),
  key,
  ifGone: isRenewed(session) ? combined(session, ifGone) : ifGone
})

const isRenewed = (session: Session): boolean => session.storedKey !== undefined && session.key !== session.storedKey

/**
 * Renewed twice in one request. After a flush, or where the old row had expired, nothing depends on it; otherwise two
 * different reasons make a lost row an interruption: a write that may be dropped must not swallow an intended one, nor
 * revive a lost session.
 */
const combined = ({ base, ifGone: before }: LoadedSession, ifGone: IfGone): IfGone =>
  base._tag === "Flushed" || base._tag === "Expired" || before === ifGone ? before : "Interrupt"

/**
 * Django's `cycle_key`: against fixation, on login. A row that is gone is no obstacle, unless the session acts as
 * somebody: then somebody logged out, which a new key must not undo.
 */
export const cycleKey = (session: LoadedSession, key: SessionKey): LoadedSession =>
  renew(session, key, session.data.has("_auth_user_id") ? "Interrupt" : "Insert")

/**
 * Removes everything: data, row, key. What is stored afterwards is a new session. Where a parallel request renewed the
 * session meanwhile, the renewed one ends too, even if the client still sent the old key, which has no row by now.
 */
export const flush = (session: Session): LoadedSession => {
  const { base, storedKey } = session
  const ended = storedKey ?? (base._tag === "Absent" ? base.presented : undefined)
  return emptied(session, ended, { _tag: "Flushed", endsRenewals: true })
}

/**
 * The same for a session that the application did not ask to end: another user logs in, or the session auth hash is not
 * the user's. Only the row that was looked at goes; a session that a parallel request has renewed stays.
 */
export const discard = (session: Session): LoadedSession =>
  emptied(session, session.storedKey, session.base._tag === "Flushed" ? session.base : { _tag: "Flushed" })

const emptied = (session: Session, storedKey: SessionKey | undefined, base: LoadedSession["base"]): LoadedSession => ({
  ...session,
  key: undefined,
  storedKey,
  base: storedKey === undefined ? { _tag: "Absent" } : base,
  data: Data.empty,
  operations: [],
  ifGone: "Insert",
  accessed: true,
  modified: true
})

/**
 * The row that was to go has another key by now: a parallel request renewed the session. After a flush that one goes;
 * otherwise it stays, and what is stored stands beside it.
 *
 * @returns `undefined` if the session must not be stored without its row
 */
export const moved = (session: LoadedSession, to: SessionKey): LoadedSession | undefined => {
  if (session.base._tag === "Flushed" && session.base.endsRenewals) return { ...session, storedKey: to }
  return session.ifGone === "Insert" ? apart(session) : undefined
}

/** The session after it was written: what follows is compared with what now stands in the store. */
export const settled = (session: Session, key: SessionKey | undefined, text: string | undefined): LoadedSession => ({
  ...session,
  key,
  storedKey: key,
  base: text === undefined ? { _tag: "Absent" } : { _tag: "Read", text },
  operations: [],
  ifGone: "Interrupt",
  modified: false
})

/**
 * Applies the operations of this request to data that somebody else changed meanwhile.
 *
 * @returns `undefined` if a session auth hash was to be rewritten for a user whom the data no longer names
 */
export const rebase = (session: LoadedSession, text: string, data: SessionData): LoadedSession | undefined => {
  const after = new Map(data)
  for (const operation of session.operations) {
    if (operation._tag === "Identify" && operation.over === "SameUser" && !namesSameUser(after, operation))
      return undefined
    applyTo(after, operation)
  }
  return { ...session, base: { _tag: "Read", text }, data: after }
}

const write = (session: LoadedSession, operation: Operation): LoadedSession => {
  const data = new Map(session.data)
  applyTo(data, operation)
  return { ...session, data, operations: [...session.operations, operation], accessed: true, modified: true }
}

/** Changes a copy that nobody has seen yet. */
const applyTo = (data: Map<string, JsonText>, operation: Operation): void => {
  switch (operation._tag) {
    case "Set":
      data.set(operation.key, operation.value)
      return
    case "Delete":
      data.delete(operation.key)
      return
    case "Clear":
      data.clear()
      return
    case "Identify":
      data.set("_auth_user_id", operation.id)
      data.set("_auth_user_backend", operation.backend)
      data.set("_auth_user_hash", operation.hash)
      return
    default:
      operation satisfies never
  }
}

const namesSameUser = (data: SessionData, { backend, id }: Pick<IdentityTexts, "backend" | "id">): boolean =>
  isSameId(textOf(data.get("_auth_user_id")), textOf(id)) && textOf(data.get("_auth_user_backend")) === textOf(backend)

/** Whether both act as the same user. Without a user they do not. */
export const nameSameUser = (one: SessionData, other: SessionData): boolean => {
  const [id, backend] = [one.get("_auth_user_id"), one.get("_auth_user_backend")]
  return id !== undefined && backend !== undefined && namesSameUser(other, { id, backend })
}

/** Some old sessions hold the id as a number. */
const textOf = (json: JsonText | undefined): string | undefined =>
  json === undefined ? undefined : String(Json.read(json))
