/**
 * The session as an immutable value. Every operation returns a new session. Nothing is written until `respond` decides,
 * once.
 *
 * | what the request did      | storedKey | key       | base       | what will be written                              |
 * | ------------------------- | --------- | --------- | ---------- | ------------------------------------------------- |
 * | nothing yet               | sent key  | sent key  | Unread     | nothing                                           |
 * | loaded, the row exists    | K         | K         | Read       | nothing, or the row if its text is still the same |
 * | loaded, no such row       | none      | none      | Absent     | nothing, or a new row                             |
 * | loaded, the row expired   | K         | fresh     | Expired    | a new row in place of K                           |
 * | `clear()` without loading | K         | K         | Cleared    | the row, even if its data has changed             |
 * | renewed (`cycleKey`)      | K or none | fresh     | as before  | a new row in place of K                           |
 * | `flush()`, `discard()`    | K         | none      | Flushed    | K is deleted; a new row only if there is new data |
 * | loaded, lacks a proof     | K         | K         | Closed     | nothing                                           |
 */

import type { DevicePresence, DeviceVerdict } from "../../device-bound/device-verdict.ts"
import type { SessionRecord } from "../../effect.ts"
import type { JsonObject, JsonText } from "../../json/json-value.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import type { SessionKey } from "../../session-key.ts"
import { applied, applyTo, type IdentityTexts, type Operation } from "./session-operation.ts"

export type { IdentityTexts, Operation } from "./session-operation.ts"

/** The stored state that the changes are based on. It is compared with the store when they are written. */
export type Base =
  /** The row was not read. */
  | { readonly _tag: "Unread" }
  /** The row had this text, and this record if the sessions of users are recorded. */
  | { readonly _tag: "Read"; readonly text: string; readonly record?: SessionRecord }
  /** There is no row. `presented` is the key that the client sent. */
  | { readonly _tag: "Absent"; readonly presented?: SessionKey }
  /** The row had expired. A new session replaces it if it still has this text. */
  | { readonly _tag: "Expired"; readonly text: string }
  /** The row was not read, and its data is replaced in any case. */
  | { readonly _tag: "Cleared" }
  /** The row is deleted; with `endsRenewals` also the new row, if a parallel request has renewed the session. */
  | { readonly _tag: "Flushed"; readonly endsRenewals?: true }
  /** The session is bound to a device, and the request does not prove it: it reads as empty, and nothing is written. */
  | { readonly _tag: "Closed" }

/** What happens to a renewed session if another request has deleted its row. */
export type IfGone = "Insert" | "Interrupt" | "Drop"

interface SessionFields {
  /** The key after this request; `undefined`: none, or a new one is made when the session is written. */
  readonly key: SessionKey | undefined
  /** The key of the row that this request found, or the key that the client sent. */
  readonly storedKey: SessionKey | undefined
  /** The data as this request sees it: what was loaded, with the operations applied. */
  readonly data: SessionData
  readonly operations: ReadonlyArray<Operation>
  readonly ifGone: IfGone
  readonly accessed: boolean
  readonly modified: boolean
  /** What the request shows about its device. Absent if sessions are not bound to devices. */
  readonly device?: DevicePresence
  /** The verdict about the request. Absent until the session was loaded. */
  readonly verdict?: DeviceVerdict
  /** The id of the binding that a login of this request has offered. */
  readonly offered?: string
}

/** A session whose data is known. */
export interface LoadedSession extends SessionFields {
  /** The stored state that the changes are based on. */
  readonly base: Exclude<Base, { readonly _tag: "Unread" }>
}

/** A session that has not been loaded. */
export interface UnreadSession extends SessionFields {
  /** The row was not read. */
  readonly base: { readonly _tag: "Unread" }
}

/** The session of one request. */
export type Session = LoadedSession | UnreadSession

/** One array for all sessions, for the reason given at `noEffects`. */
const noOperations: Session["operations"] = []

/**
 * The session of a request whose cookie has `key`. Without a key there is nothing to load.
 *
 * @param device what the request shows about its device, if sessions are bound to devices
 */
export const fromCookie = (key: SessionKey | undefined, device?: DevicePresence): Session => {
  const untouched = {
    key,
    storedKey: key,
    data: Data.empty,
    operations: noOperations,
    accessed: false,
    modified: false
  }
  const session: Session =
    key === undefined
      ? { ...untouched, ifGone: "Interrupt", base: { _tag: "Absent" } }
      : { ...untouched, ifGone: "Interrupt", base: { _tag: "Unread" } }
  return device === undefined ? session : { ...session, device }
}

/** Whether the session's data is known. */
export const isLoaded = (session: Session): session is LoadedSession => session.base._tag !== "Unread"

/**
 * Whether the session has no key and no data, so that the client's cookie is useless. Does not load the session or mark
 * it as accessed.
 */
export const isEmpty = (session: Session): boolean => session.key === undefined && session.data.size === 0

/**
 * The row exists: `text` as stored, `data` as decoded. Changes nothing if the session was loaded in the meantime.
 *
 * @param record what the store has recorded about the session
 */
export const found = (session: Session, text: string, data: SessionData, record?: SessionRecord): LoadedSession =>
  isLoaded(session) ? session : { ...session, base: readBase(text, record), data }

const readBase = (text: string, record: SessionRecord | undefined): LoadedSession["base"] =>
  record === undefined ? { _tag: "Read", text } : { _tag: "Read", text, record }

/** The session of a request that proves its device by a signature: the short cookie is not asked for. */
export const unjudged = (session: Session): Session =>
  session.device === undefined ? session : { ...session, device: { ...session.device, isJudged: false } }

/** The session was found, and the request does not prove its device: none of its data is shown. */
export const closed = (session: LoadedSession): LoadedSession => ({
  ...session,
  base: { _tag: "Closed" },
  data: Data.empty,
  operations: noOperations,
  modified: false
})

/** Whether the session is closed to this request. */
export const isClosed = (session: Session): boolean => session.base._tag === "Closed"

/** No such row exists. The key is dropped; a new one is made when data is stored. */
export const absent = (session: Session): LoadedSession =>
  isLoaded(session)
    ? session
    : { ...session, key: undefined, storedKey: undefined, base: absentBase(session.storedKey) }

const absentBase = (presented: SessionKey | undefined): LoadedSession["base"] =>
  presented === undefined ? { _tag: "Absent" } : { _tag: "Absent", presented }

/**
 * The row has expired. A new session replaces it, even if there is no data to store.
 *
 * @param text the row's text: the row is replaced only if it still has this text. None of its data is kept.
 * @param key a new one
 * @see Django: django.contrib.sessions.backends.file.SessionStore.load
 */
export const expired = (session: Session, text: string, key: SessionKey): LoadedSession =>
  isLoaded(session) ? session : { ...modified(session), key, base: { _tag: "Expired", text }, ifGone: "Insert" }

/**
 * The session is stored as a new row. The row that it was to replace stays, because another request has written it
 * since.
 */
export const detached = (session: LoadedSession): LoadedSession => ({
  ...session,
  storedKey: undefined,
  base: { _tag: "Absent" }
})

// ---- reading -----------------------------------------------------------------------------------------------------

/** Marks the session as accessed, so that the response varies on the cookie. */
export const accessed = <S extends Session>(session: S): S =>
  session.accessed ? session : { ...session, accessed: true }

/** The JSON text stored under `key`. The caller marks the session as accessed: see {@link accessed}. */
export const get = (session: LoadedSession, key: string): JsonText | undefined => Data.get(session.data, key)

// ---- writing -----------------------------------------------------------------------------------------------------

/** Stores a value under a key. Marks the session as modified. */
export const set = (session: LoadedSession, key: string, value: JsonText): LoadedSession =>
  write(session, { _tag: "Set", key, value })

/** Removes a key. If the key does not exist, the session stays unmodified. */
export const remove = (session: LoadedSession, key: string): LoadedSession =>
  session.data.has(key) ? write(session, { _tag: "Delete", key }) : accessed(session)

/** Stores a value under a key that does not exist. If the key exists, the session stays unmodified. */
export const setDefault = (session: LoadedSession, key: string, value: JsonText): LoadedSession =>
  session.data.has(key) ? accessed(session) : set(session, key, value)

/** Merges values into the data. Marks the session as modified even if `values` is empty. */
export const update = (session: LoadedSession, values: JsonObject): LoadedSession => {
  const data = Data.copyOf(session.data)
  for (const [key, value] of values) Data.put(data, key, value)
  const sets = Array.from(values, ([key, value]): Operation => ({ _tag: "Set", key, value }))
  return { ...modified(session), data, operations: [...session.operations, ...sets] }
}

/** Stores the device of a binding, unless another request has changed the binding in the meantime. */
export const bind = (session: LoadedSession, id: string, value: JsonText): LoadedSession =>
  write(session, { _tag: "Bind", id, value })

/**
 * Empties the data and keeps the key and, if the session is loaded, its binding to a device. If it is not loaded, the
 * row is overwritten even if its data has changed.
 */
export const clear = (session: Session): LoadedSession =>
  isLoaded(session)
    ? write(session, { _tag: "Clear" })
    : { ...session, base: { _tag: "Cleared" }, accessed: true, modified: true }

/** Marks the session as modified, so that it is written although no key changed. */
export const modified = <S extends Session>(session: S): S => ({ ...session, accessed: true, modified: true })

/** Writes the three identity keys together: a login. */
export const identify = (session: LoadedSession, identity: IdentityTexts): LoadedSession =>
  write(session, { ...identity, _tag: "Identify", over: "Anything" })

/**
 * Writes another session auth hash for the user that the session names. If the stored session names another user, or
 * none, when it is written, the session counts as gone: a hash alone proves no identity.
 */
export const reidentify = (session: LoadedSession, identity: IdentityTexts): LoadedSession =>
  write(session, { ...identity, _tag: "Identify", over: "SameUser" })

/** The session is written although nothing changed, so that its use is recorded. A row that is gone stays gone. */
export const renewal = (session: LoadedSession): LoadedSession => ({ ...session, ifGone: "Drop" })

/** Whether only the use of the session is recorded. */
export const isRenewal = (session: Session): boolean => session.ifGone === "Drop" && session.operations.length === 0

// ---- renewing ----------------------------------------------------------------------------------------------------

/**
 * Gives the session a new key and keeps its data. The old row is replaced when the session is written. If the session
 * is not written, the old row stays as it is.
 *
 * @param ifGone what happens if another request deletes the old row first
 */
export const renew = (session: LoadedSession, key: SessionKey, ifGone: IfGone): LoadedSession => ({
  ...modified(session),
  key,
  ifGone: isRenewed(session) ? combined(session, ifGone) : ifGone
})

/** Whether the session gets a new key when it is written. */
export const isRenewed = (session: Session): boolean =>
  session.storedKey !== undefined && session.key !== session.storedKey

/**
 * Decides `ifGone` for a session that is renewed twice in one request. After a flush or an expiry the old row does not
 * matter, so the first value stays. Otherwise two different values become `Interrupt`: an intended write must not be
 * dropped silently, and a deleted session must not be created again.
 */
const combined = ({ base, ifGone: before }: LoadedSession, ifGone: IfGone): IfGone =>
  base._tag === "Flushed" || base._tag === "Expired" || before === ifGone ? before : "Interrupt"

/**
 * Django's `cycle_key`, called at login against session fixation. If another request has deleted the row, an anonymous
 * session is inserted again. A session with a user is not, because its row was deleted by a logout, which a new key
 * must not undo.
 */
export const cycleKey = (session: LoadedSession, key: SessionKey): LoadedSession =>
  renew(session, key, session.data.has("_auth_user_id") ? "Interrupt" : "Insert")

/**
 * Removes the session: data, row and key. Data that is set afterwards makes a new session. If a parallel request
 * renewed the session, the renewed session ends too. This also holds if the client sent the old key, which has no row
 * any more.
 */
export const flush = (session: Session): LoadedSession => {
  const { base, storedKey } = session
  const ended = storedKey ?? (base._tag === "Absent" ? base.presented : undefined)
  return emptied(session, ended, { _tag: "Flushed", endsRenewals: true })
}

/** Whether the application has asked for the end of the session, with {@link flush} or a logout. */
export const isFlushed = ({ base }: Session): boolean => base._tag === "Flushed" && base.endsRenewals === true

/**
 * Like `flush`, for a session that the application did not ask to end: another user logs in, or the session auth hash
 * is not the user's. Deletes only the row that was read; a session that a parallel request has renewed stays.
 */
export const discard = (session: Session): LoadedSession =>
  emptied(session, session.storedKey, session.base._tag === "Flushed" ? session.base : { _tag: "Flushed" })

const emptied = (session: Session, storedKey: SessionKey | undefined, base: LoadedSession["base"]): LoadedSession => ({
  ...session,
  key: undefined,
  storedKey,
  base: storedKey === undefined ? { _tag: "Absent" } : base,
  data: Data.empty,
  operations: noOperations,
  ifGone: "Insert",
  accessed: true,
  modified: true
})

/**
 * The row that this request deletes has another key now, because a parallel request renewed the session. After a flush
 * the renewed row is deleted. Otherwise it stays, and this session is stored as a row beside it.
 *
 * @returns `undefined` if the session must not be stored without its row
 */
export const moved = (session: LoadedSession, to: SessionKey): LoadedSession | undefined => {
  if (isFlushed(session)) return { ...session, storedKey: to }
  return session.ifGone === "Insert" ? detached(session) : undefined
}

/** The session after it was written. Later changes are compared with what the store has now. */
export const committed = (session: Session, key: SessionKey | undefined, text: string | undefined): LoadedSession => ({
  ...session,
  key,
  storedKey: key,
  base: text === undefined ? { _tag: "Absent" } : { _tag: "Read", text },
  operations: noOperations,
  ifGone: "Interrupt",
  modified: false
})

/**
 * Applies the operations of this request to data that another request has changed. A login drops the data if it names
 * another user, as a login over another user's session does. If the session has got a user in the meantime, it is no
 * longer inserted when its row is gone: a logout deleted the row.
 *
 * @returns `undefined` if this request renewed the session auth hash of a user that the data no longer names, or
 * registered a device for a binding that the data no longer offers
 */
export const rebase = (session: LoadedSession, text: string, data: SessionData): LoadedSession | undefined => {
  const after = applied(session.operations, data)
  if (after === undefined) return undefined
  const hasNewUser = data.has("_auth_user_id") && session.operations.every(({ _tag }) => _tag !== "Identify")
  const ifGone = hasNewUser && session.ifGone === "Insert" ? "Interrupt" : session.ifGone
  return { ...session, base: { _tag: "Read", text }, data: after, ifGone }
}

const write = (session: LoadedSession, operation: Operation): LoadedSession => {
  const data = Data.copyOf(session.data)
  applyTo(data, operation)
  return { ...session, data, operations: [...session.operations, operation], accessed: true, modified: true }
}
