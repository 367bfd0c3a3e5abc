import type { CookieSettings } from "../http/cookie-settings.ts"
import type { DjangoClock } from "../time-zone.ts"
import type { SessionData } from "./data.ts"

export type Decoded =
  | { readonly _tag: "Decoded"; readonly data: SessionData }
  /** Not signed with a secret of this application: no data, as in Django. */
  | { readonly _tag: "BadSignature" }
  /** No JSON object: no data, as in Django. */
  | { readonly _tag: "Malformed" }
  /** More than this application reads. Django may read it, so it must not be taken for a session without data. */
  | { readonly _tag: "TooLarge"; readonly maximumBytes: number }

/** Session data to stored text and back. What a text decodes to never changes. */
export interface SessionCodec {
  /** @param now epoch milliseconds; whole seconds go into the text */
  readonly encode: (data: SessionData, now: number) => string
  readonly decode: (text: string) => Decoded
  /** What cannot be read is replaced by an empty session at once: where the text is the cookie itself. */
  readonly replacesUnreadable?: boolean
}

/** Everything that decides about sessions: Django's SESSION_* settings and the codec made from the secret key. */
export interface SessionSettings {
  readonly codec: SessionCodec
  readonly cookie: CookieSettings
  /** SESSION_COOKIE_AGE. */
  readonly cookieAgeSeconds: number
  /** SESSION_EXPIRE_AT_BROWSER_CLOSE. */
  readonly expireAtBrowserClose: boolean
  /** TIME_ZONE and USE_TZ. Default: UTC, and instants are written with their offset. */
  readonly clock?: DjangoClock
  /** SESSION_SAVE_EVERY_REQUEST. */
  readonly saveEveryRequest: boolean
  /** The session is written after any status but 500, as by Django before 4.2. Default false: any below 500. */
  readonly savesServerErrors?: boolean
  /** No session may end at an instant: Django before 4.1 could not read it. Default false. */
  readonly refusesInstants?: boolean
}
