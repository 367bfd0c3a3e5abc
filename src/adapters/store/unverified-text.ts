/**
 * When a session ends, by its signed text, for stores that have no column for it. Nobody has verified the signature:
 * this may make a store forget a session, never believe one.
 */
import { defaultMaximumBytes } from "../../core/session/codec.ts"
import * as Data from "../../core/session/data.ts"
import { inflate } from "../../core/session/deflate.ts"
import * as Expiry from "../../core/session/expiry.ts"
import { charactersOf } from "../../core/session/json-bytes.ts"
import * as JsonText from "../../core/session/json-text.ts"
import * as Base62 from "../../core/signing/base62.ts"
import * as Base64url from "../../core/signing/base64url.ts"

/** More than that is not looked into: it is taken for a session without an expiry of its own. */
const maximumBytes = defaultMaximumBytes

/** What a store has to know to tell when a session ends. */
export interface EndSettings {
  /** SESSION_COOKIE_AGE. */
  readonly cookieAgeSeconds: number
  /** TIME_ZONE: that of an end which a Django without USE_TZ has written. */
  readonly timeZone: () => string
}

/** Epoch milliseconds. @param savedAt when the text was written, epoch milliseconds */
export const endsAt = (text: string, { cookieAgeSeconds, timeZone }: EndSettings, savedAt: number): number =>
  Expiry.expiresAt(
    dataOf(text) ?? Data.empty,
    { cookieAgeSeconds, expireAtBrowserClose: false, clock: { timeZone: timeZone(), useTimeZones: true } },
    savedAt
  )

/** The second in which the text was signed, in epoch milliseconds. */
export const signedAt = (text: string): number | undefined => {
  const seconds = Base62.decode(text.split(":").at(-2) ?? "")
  return seconds === undefined ? undefined : seconds * 1000
}

const dataOf = (text: string): Data.SessionData | undefined => {
  const body = text.slice(0, Math.max(0, text.lastIndexOf(":", text.lastIndexOf(":") - 1)))
  const isDeflated = body.startsWith(".")
  const packed = Base64url.decode(isDeflated ? body.slice(1) : body)
  const bytes = packed !== undefined && isDeflated ? inflate(packed, maximumBytes) : packed
  return bytes === undefined || bytes === "TooLarge" ? undefined : JsonText.parseStored(charactersOf(bytes))
}
