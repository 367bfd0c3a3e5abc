/**
 * When the user of a session last proved who they are. latchkey keeps it in the session data, beside Django's identity
 * keys and written together with them. Django keeps the key and does not read it.
 *
 * The record names the user that it is about, so it says nothing about another user of the same session.
 */
import * as Json from "../../json/json-text.ts"
import type { AsciiJson } from "../../json/json-value.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import { isSameId } from "../../uuid.ts"

/** The key in the session data that holds the record. */
export const sessionDataKey = "_latchkey_login"

/** When and how the user of a session logged in. */
export interface LoginRecord {
  /** The time of the login or of the last re-authentication, in epoch milliseconds. No other request changes it. */
  readonly at: number
  /**
   * How the user proved who they are: `login`, or the name of the proof, such as `password`. `undefined`: the login was
   * not seen, because a Django site made it. Then `at` is the first request that could write the session.
   */
  readonly proof: string | undefined
  /** Whether the user chose to stay logged in on this device. */
  readonly isRemembered: boolean
}

/** The record as it is stored. @param user the text form of the user's primary key */
export const recordText = (user: string, { at, isRemembered, proof }: LoginRecord): AsciiJson =>
  Json.write({ user, at, proof, ...(isRemembered ? { remember: true } : {}) })

/** The record about the user that the data names; `undefined` if there is no user, or no record about this user. */
export const recordIn = (data: SessionData): LoginRecord | undefined => {
  const [stored, id] = [Data.get(data, sessionDataKey), Data.get(data, "_auth_user_id")]
  if (stored === undefined || id === undefined) return undefined
  const value = Json.read(stored)
  if (typeof value !== "object" || value === null) return undefined
  const [user, at, proof] = [Reflect.get(value, "user"), Reflect.get(value, "at"), Reflect.get(value, "proof")]
  if (typeof user !== "string" || typeof at !== "number" || !Number.isSafeInteger(at)) return undefined
  if (!isSameId(String(Json.read(id)), user)) return undefined
  return {
    at,
    proof: typeof proof === "string" ? proof : undefined,
    isRemembered: Reflect.get(value, "remember") === true
  }
}

/**
 * Whether the user has proved who they are less than `seconds` ago. A record from the future counts as far as it is
 * less than `seconds` ahead: the clock of another server may be ahead, but must not make a proof last longer.
 *
 * @param now epoch milliseconds
 */
export const isRecent = (record: LoginRecord | undefined, seconds: number, now: number): boolean =>
  record?.proof !== undefined && Math.abs(now - record.at) < seconds * 1000
