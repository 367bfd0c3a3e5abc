import * as JsonText from "../../json/json-text.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import { type LoginRecord, recordText } from "../../session/lifetime/login-record.ts"
import type { LoadedSession } from "../../session/value/session.ts"
import * as Session from "../../session/value/session.ts"
import type { IdentityTexts } from "../../session/value/session-operation.ts"
import { constantTimeEqual } from "../../signing/hmac.ts"
import type { AuthHashes, Principal } from "./request-state.ts"

/** The user that the session data names. Not verified yet: `judge` compares the hash. */
export interface Identity {
  /** The text form of the user's primary key. */
  readonly id: string
  /** The name of the backend that authenticated the user. */
  readonly backend: string
  /** The session auth hash. `""` if there is none. */
  readonly authHash: string
}

/** The parts of an {@link Identity} that session data has. */
export interface PartialIdentity {
  /** The text form of the user's primary key. */
  readonly id: string | undefined
  /** The name of the backend that authenticated the user. */
  readonly backend: string | undefined
  /** The session auth hash. `""` if there is none. */
  readonly authHash: string
}

/**
 * The identity in the session data.
 *
 * @returns `undefined` when the data names no user, or names one in a form that no login writes
 */
export const read = (data: SessionData): Identity | undefined => {
  const { authHash, backend, id } = readPartial(data)
  return id === undefined || backend === undefined ? undefined : { id, backend, authHash }
}

/** The parts of an identity that the data has, complete or not. */
export const readPartial = (data: SessionData): PartialIdentity => ({
  id: Data.stringIn(data, "_auth_user_id") ?? integer(data, "_auth_user_id"),
  backend: Data.stringIn(data, "_auth_user_backend"),
  authHash: Data.stringIn(data, "_auth_user_hash") ?? ""
})

/** Whether the data has a user id. If so, login treats the session as logged in. Any value counts, as in Django. */
export const hasUserId = (data: SessionData): boolean => data.has("_auth_user_id")

/** Writes a login: from now on the session names this principal. @param record when and how the user logged in */
export const write = (session: LoadedSession, principal: Principal, record?: LoginRecord): LoadedSession =>
  Session.identify(session, texts(principal, record))

/** Writes a new session auth hash for the principal that the session names already. */
export const rewrite = (session: LoadedSession, principal: Principal, record?: LoginRecord): LoadedSession =>
  Session.reidentify(session, texts(principal, record))

const texts = ({ authHash, backend, id }: Principal, record: LoginRecord | undefined): IdentityTexts => {
  const identity = { id: JsonText.write(id), backend: JsonText.write(backend), hash: JsonText.write(authHash) }
  return record === undefined ? identity : { ...identity, record: recordText(id, record) }
}

/** Whether a stored hash is the current one, one made under an older secret, or neither. A missing hash is neither. */
export const judge = (stored: string, hashes: AuthHashes): "Current" | "Older" | "Wrong" => {
  const [current, ...older] = hashes
  if (stored === "") return "Wrong"
  if (constantTimeEqual(stored, current)) return "Current"
  return older.some((hash) => constantTimeEqual(stored, hash)) ? "Older" : "Wrong"
}

/** Some old sessions hold the id as a number. */
const integer = (data: SessionData, key: string): string | undefined => {
  const json = Data.get(data, key)
  return json !== undefined && /^-?\d+$/.test(json) ? json : undefined
}
