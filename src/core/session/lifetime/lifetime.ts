/**
 * How long a session with a user lasts: an idle lifetime, counted from the last use, and an absolute lifetime, counted
 * from the login. Both are checked when the session is read, by the clock of the server. The row's expiry is not
 * trusted: a Django site that writes the session moves it. A session without a user expires as in Django.
 *
 * | at the instant `now`                         | the session                                              |
 * | -------------------------------------------- | -------------------------------------------------------- |
 * | `now >= seen + idleSeconds`                  | has ended: it is read as empty and deleted               |
 * | `now >= login + absoluteSeconds`             | has ended                                                |
 * | a write of the session                       | is seen now; the row expires at the earlier of both ends |
 * | only read, seen `renewalSeconds` ago or more | is written once, so that it is seen now                  |
 * | only read, seen later than that              | is not written                                           |
 *
 * What is not seen yet (a login at a Django site, a session from before the option was turned on) is seen at the first
 * request that can write: both lifetimes count from there. If the clock goes back, `seen` is in the future: the next
 * request that can write sets it to the present time. The time of the login never changes without a login.
 */
import * as Json from "../../json/json-text.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import { recordIn, sessionDataKey as recordKey, recordText } from "./login-record.ts"

/** The key in the session data that holds when the session was last used, in epoch milliseconds. */
export const sessionDataKey = "_latchkey_seen"

/** The two limits. */
export interface LifetimeLimits {
  /** Seconds without a request that reads the session, after which it ends. */
  readonly idleSeconds?: number
  /** Seconds after the login, at which the session ends, used or not. */
  readonly absoluteSeconds?: number
}

/** The settings of lifetimes. */
export interface LifetimeSettings extends LifetimeLimits {
  /** How often a request that only reads the session writes that it was used. */
  readonly renewalSeconds: number
  /** The limits of logins with `remember: true`; `undefined`: the same. */
  readonly remembered?: LifetimeLimits
}

/** Why a session has ended. */
export type Ended = "Idle" | "TooOld"

interface Ends {
  readonly idleAt: number
  readonly absoluteAt: number
}

/** When the session ends if it is not used again, in epoch milliseconds; `undefined`: it has no user, or no limit. */
export const endsAt = (settings: LifetimeSettings | undefined, data: SessionData, now: number): number | undefined => {
  const ends = endsOf(settings, data, now)
  if (ends === undefined) return undefined
  const at = Math.min(ends.idleAt, ends.absoluteAt)
  return at === Number.POSITIVE_INFINITY ? undefined : at
}

/** Why the session has ended; `undefined`: it has not. @param now epoch milliseconds */
export const ended = (settings: LifetimeSettings | undefined, data: SessionData, now: number): Ended | undefined => {
  const ends = endsOf(settings, data, now)
  if (ends === undefined) return undefined
  if (now >= ends.absoluteAt) return "TooOld"
  return now >= ends.idleAt ? "Idle" : undefined
}

const endsOf = (settings: LifetimeSettings | undefined, data: SessionData, now: number): Ends | undefined => {
  if (settings === undefined || !data.has("_auth_user_id")) return undefined
  const record = recordIn(data)
  const { absoluteSeconds, idleSeconds } = record?.isRemembered ? (settings.remembered ?? settings) : settings
  return {
    idleAt: after(seenAt(data) ?? now, idleSeconds),
    absoluteAt: after(record?.at ?? now, absoluteSeconds)
  }
}

const after = (at: number, seconds: number | undefined): number =>
  seconds === undefined ? Number.POSITIVE_INFINITY : at + seconds * 1000

/** When the session was last seen, in epoch milliseconds; `undefined`: not yet. */
export const seenAt = (data: SessionData): number | undefined => {
  const text = Data.get(data, sessionDataKey)
  const value = text === undefined ? undefined : Json.read(text)
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined
}

/** Whether a request that only reads the session has to write that it was used. */
export const isDue = (settings: LifetimeSettings | undefined, data: SessionData, now: number): boolean => {
  if (settings === undefined || !data.has("_auth_user_id")) return false
  if (recordIn(data) === undefined) return true
  const seen = seenAt(data)
  return seen === undefined || (hasIdle(settings) && Math.abs(now - seen) >= settings.renewalSeconds * 1000)
}

const hasIdle = ({ idleSeconds, remembered }: LifetimeSettings): boolean =>
  idleSeconds !== undefined || remembered?.idleSeconds !== undefined

/** The data to be written: the session is seen now. A login that was not seen yet is recorded, without a proof. */
export const seen = (settings: LifetimeSettings | undefined, data: SessionData, now: number): SessionData => {
  const id = settings === undefined ? undefined : Data.get(data, "_auth_user_id")
  if (id === undefined) return data
  const after = Data.copyOf(data)
  const at = Math.floor(now)
  Data.put(after, sessionDataKey, Json.write(at))
  if (recordIn(data) === undefined)
    Data.put(after, recordKey, recordText(String(Json.read(id)), { at, proof: undefined, isRemembered: false }))
  return after
}
