/**
 * The records of the sessions of users: whose session it is, since when, and when it was last used. They are kept only
 * if the application asks for it.
 *
 * | the request                      | the record                                                  |
 * | -------------------------------- | ----------------------------------------------------------- |
 * | stores a session with a user     | written with the session                                    |
 * | gives the session another key    | goes along if the user stays the same; otherwise a new one  |
 * | stores a session without a user  | removed                                                     |
 * | deletes the session              | removed                                                     |
 * | only reads a session with a user | written if there is none of this user, or once per interval |
 *
 * A session that a Django site has made has no record until its first request here.
 */
import type { RecordVisit, SessionRecord, SessionUser, SessionVisit, Visitor } from "../../effect.ts"
import * as Json from "../../json/json-text.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import type { SessionKey } from "../../session-key.ts"
import { digest } from "../../signing/hmac.ts"
import { uuidOf } from "../../uuid.ts"
import type { LoadedSession } from "../value/session.ts"
import type { SessionSettings } from "../value/session-settings.ts"

/** A client about which nothing is recorded. */
export const unknownVisitor: Visitor = { clientAddress: undefined, userAgent: undefined }

const longestAddress = 64
const longestUserAgent = 512

/** A client, with its texts cut to the length that is recorded. */
export const visitorOf = (clientAddress: string | undefined, userAgent: string | undefined): Visitor => ({
  clientAddress: bounded(clientAddress, longestAddress),
  userAgent: bounded(userAgent, longestUserAgent)
})

/** NUL and lone surrogates are replaced: databases cannot store them. */
const bounded = (text: string | undefined, length: number): string | undefined =>
  text === undefined || text === "" ? undefined : text.slice(0, length).replaceAll("\0", "\ufffd").toWellFormed()

/** The id of a record. A hash, so that a list of sessions contains no session keys. */
export const recordId = (key: SessionKey): string => digest(`latchkey.user-sessions${key}`)

/**
 * The user that the data names.
 *
 * @returns `undefined` if it names none, or one whose id or backend is too long to be recorded
 */
export const userOf = (data: SessionData): SessionUser | undefined => {
  const id = text(data, "_auth_user_id")
  const backend = text(data, "_auth_user_backend")
  return id === undefined || backend === undefined ? undefined : { backend, id: recordedId(id) }
}

/** A user id as records hold it: a UUID in its canonical form, so that equal texts mean the same user. */
export const recordedId = (id: string): string => uuidOf(id) ?? id

const longestName = 255

/** Some old sessions hold the id as a number. */
const text = (data: SessionData, key: string): string | undefined => {
  const json = Data.get(data, key)
  if (json === undefined || json.length > 8 * longestName) return undefined
  const value = /^-?\d+$/.test(json) ? json : Json.read(json)
  return typeof value === "string" && value.length <= longestName && !value.includes("\0") && value.isWellFormed()
    ? value
    : undefined
}

/** Whether two records, or a record and a visit, are of the same user. */
export const isSameUser = (one: SessionUser | undefined, other: SessionUser | undefined): boolean =>
  one !== undefined && other !== undefined && one.backend === other.backend && one.id === other.id

/**
 * The record of a session after a visit. Stores do the same, in their own language.
 *
 * @param before the record before; the same object is returned if nothing has to be written
 */
export const visited = (before: SessionRecord | undefined, visit: SessionVisit): SessionRecord | undefined => {
  const { at, clientAddress, id, seenBefore, user, userAgent } = visit
  if (user === undefined) return undefined
  if (before === undefined || !isSameUser(before.user, user))
    return { id, user, startedAt: at, seenAt: at, clientAddress, userAgent }
  return before.seenAt > seenBefore ? before : { ...before, seenAt: at, clientAddress, userAgent }
}

/**
 * What to record when the session is written.
 *
 * @param key of the session before the write, if it then has the same user; otherwise its new key
 * @returns `undefined` if the application records nothing, or the record need not change
 */
export const visitOf = (
  { userSessions }: SessionSettings,
  visitor: Visitor | undefined,
  session: LoadedSession,
  key: SessionKey,
  now: number
): SessionVisit | undefined => {
  if (userSessions === undefined) return undefined
  const user = userOf(session.data)
  const before = session.base._tag === "Read" ? session.base.record : undefined
  const id = before !== undefined && isSameUser(before.user, user) ? before.id : recordId(key)
  const seenBefore = now - userSessions.intervalSeconds * 1000
  return { user, id, at: now, seenBefore, ...(visitor ?? unknownVisitor) }
}

/** Whether a visit changes the record that the request has loaded. */
export const isDue = ({ base }: LoadedSession, visit: SessionVisit): boolean =>
  base._tag === "Read" ? visited(base.record, visit) !== base.record : base._tag === "Cleared"

/** The visit to record if the session is not written: for a session with a user, at most once per interval. */
export const visitToRecord = (
  settings: SessionSettings,
  visitor: Visitor | undefined,
  session: LoadedSession,
  now: number
): RecordVisit | undefined => {
  const { base, storedKey: key } = session
  if (settings.userSessions === undefined || base._tag !== "Read" || key === undefined) return undefined
  const visit = visitOf(settings, visitor, session, key, now)
  return visit?.user !== undefined && isDue(session, visit) ? { _tag: "RecordVisit", key, visit } : undefined
}
