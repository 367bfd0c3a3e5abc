/** The sessions of one user, as a list for the user or for an administrator. */
import * as Binding from "../../device-bound/device-binding.ts"
import type { SessionRecord } from "../../effect.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import * as Expiry from "../../session/lifetime/expiry.ts"
import * as Lifetime from "../../session/lifetime/lifetime.ts"
import { isSameId } from "../../uuid.ts"
import * as Identity from "../state/identity.ts"
import type { AuthSettings, UserWithHashes } from "../state/request-state.ts"

/** A session of a user. */
export interface UserSession {
  /** Names the session. It is not the session's key: a client that has it cannot use the session. */
  readonly id: string
  /** When the session became a session of this user, in epoch milliseconds. */
  readonly startedAt: number
  /** When the user last used the session, in epoch milliseconds, accurate to the setting `intervalSeconds`. */
  readonly seenAt: number
  /** The IP address of the client at that time; `undefined` if not known, or not recorded. */
  readonly clientAddress: string | undefined
  /**
   * The header `User-Agent` at that time, as the client sent it; `undefined` if there was none, or it is not recorded.
   */
  readonly userAgent: string | undefined
  /** Whether it is the session of this request. Always `false` outside a request. */
  readonly current: boolean
  /** Whether the session is bound to a device. Absent without the option `deviceBound`. */
  readonly isBound?: boolean
  /**
   * When the session ends if it is not used again, in epoch milliseconds; for the session of this request without the
   * use by this request. Absent without the option `lifetime`.
   */
  readonly endsAt?: number
}

/** A session as a store lists it. */
export interface StoredSession {
  /** The session's text, as loaded. */
  readonly text: string
  /** Its record. */
  readonly record: SessionRecord
}

/**
 * The sessions that the user is logged in to: their data names the user, with a session auth hash that is still
 * accepted, and its idle and absolute lifetime are not over. A session from before a change of the password is not one
 * of them, although its row may exist.
 *
 * @param now epoch milliseconds
 */
export const usable = <S extends StoredSession>(
  settings: AuthSettings,
  user: UserWithHashes<unknown>,
  sessions: ReadonlyArray<S>,
  now: number
): ReadonlyArray<S> =>
  sessions.filter(({ text }) => {
    const data = dataIn(settings, text)
    const identity = data === undefined ? undefined : Identity.read(data)
    return (
      data !== undefined &&
      identity !== undefined &&
      Lifetime.ended(settings.session.lifetime, data, now) === undefined &&
      isOf(settings, user, identity) &&
      Identity.judge(identity.authHash, user.authHashes) !== "Wrong"
    )
  })

/**
 * The sessions to end for a user, also those that are no longer usable. A session whose data names another user is not
 * one of them: its record is out of date, because a Django site has changed the session since.
 */
export const ofUser = <S extends StoredSession>(
  settings: AuthSettings,
  user: { readonly backend: string; readonly id: string },
  sessions: ReadonlyArray<S>
): ReadonlyArray<S> =>
  sessions.filter(({ text }) => {
    const identity = identityIn(settings, text)
    return identity === undefined || isOf(settings, user, identity)
  })

const identityIn = (settings: AuthSettings, text: string): Identity.Identity | undefined => {
  const data = dataIn(settings, text)
  return data === undefined ? undefined : Identity.read(data)
}

const dataIn = ({ session }: AuthSettings, text: string): SessionData | undefined => {
  const decoded = session.codec.decode(text)
  return decoded._tag === "Decoded" ? decoded.data : undefined
}

/** The backends with the users of this one. */
export const backendsOf = ({ backends, realms }: AuthSettings, backend: string): ReadonlyArray<string> =>
  backends.filter((name) => realmOf(realms, name) === realmOf(realms, backend))

const realmOf = (realms: AuthSettings["realms"], backend: string): string => realms.get(backend) ?? backend

const isOf = (
  { realms }: AuthSettings,
  user: { readonly backend: string; readonly id: string },
  identity: Identity.Identity
): boolean => isSameId(identity.id, user.id) && realmOf(realms, identity.backend) === realmOf(realms, user.backend)

/** What a list shows of a session. @param now epoch milliseconds */
export const listed = (
  settings: AuthSettings,
  { record, text }: StoredSession,
  current: boolean,
  now: number
): UserSession => ({
  id: record.id,
  startedAt: record.startedAt,
  seenAt: record.seenAt,
  clientAddress: record.clientAddress,
  userAgent: record.userAgent,
  current,
  ...(settings.session.deviceBound === undefined ? {} : { isBound: isBound(dataIn(settings, text)) }),
  ...(settings.session.lifetime === undefined ? {} : { endsAt: endsAt(settings, dataIn(settings, text), now) })
})

/** When the row expires that was written when the session was last seen. */
const endsAt = ({ session }: AuthSettings, data: SessionData = Data.empty, now: number): number =>
  Expiry.expiresAt(data, session, Lifetime.seenAt(data) ?? now)

const isBound = (data: SessionData | undefined): boolean => {
  const binding = data === undefined ? undefined : Binding.read(data)
  return typeof binding === "object" && binding.device !== undefined
}
