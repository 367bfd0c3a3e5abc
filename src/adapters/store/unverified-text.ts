/**
 * When a session expires, read from its signed text, for stores that have no expiry column. The signature is not
 * verified here. So the result may make a store drop a session, but must never make it accept one.
 */

import { byteString } from "../../core/json/json-bytes.ts"
import * as Data from "../../core/json/session-data.ts"
import { parseMembers } from "../../core/json/stored-json.ts"
import * as Expiry from "../../core/session/lifetime/expiry.ts"
import { defaultMaximumBytes } from "../../core/session/text/codec.ts"
import { inflate } from "../../core/session/text/deflate.ts"
import * as Base62 from "../../core/signing/base62.ts"
import * as Base64url from "../../core/signing/base64url.ts"

/** A larger text is not decoded: it counts as a session without its own expiry. */
const maximumBytes = defaultMaximumBytes

/** The settings that decide when a session expires. */
export interface EndSettings {
  /** SESSION_COOKIE_AGE in seconds. */
  readonly cookieAgeSeconds: number
  /** TIME_ZONE: the time zone of an expiry date that a Django without USE_TZ has written. */
  readonly timeZone: () => string
}

/** When the session expires, in epoch milliseconds. @param savedAt when the text was written, epoch milliseconds */
export const endsAt = (text: string, { cookieAgeSeconds, timeZone }: EndSettings, savedAt: number): number =>
  Expiry.expiresAt(
    dataOf(text) ?? Data.empty,
    { cookieAgeSeconds, expireAtBrowserClose: false, clock: { timeZone: timeZone(), useTimeZones: true } },
    savedAt
  )

/** When the text was signed: a whole second, in epoch milliseconds. */
export const signedAt = (text: string): number | undefined => {
  const seconds = Base62.decode(text.split(":").at(-2) ?? "")
  return seconds === undefined ? undefined : seconds * 1000
}

const dataOf = (text: string): Data.SessionData | undefined => {
  const body = text.slice(0, Math.max(0, text.lastIndexOf(":", text.lastIndexOf(":") - 1)))
  const isDeflated = body.startsWith(".")
  const packed = Base64url.decode(isDeflated ? body.slice(1) : body)
  const bytes = packed !== undefined && isDeflated ? inflate(packed, maximumBytes) : packed
  return bytes === undefined || bytes === "TooLarge" ? undefined : parseMembers(byteString(bytes))
}
