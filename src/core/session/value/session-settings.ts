import type { DeviceBoundSettings } from "../../device-bound/device-settings.ts"
import type { CookieSettings } from "../../http/cookies/cookie-settings.ts"
import type { SessionData } from "../../json/session-data.ts"
import type { DjangoClock } from "../../time-zone.ts"
import type { LifetimeSettings } from "../lifetime/lifetime.ts"

/** The result of reading a stored text. */
export type Decoded =
  /** Signed, and a JSON object: the session's data. */
  | { readonly _tag: "Decoded"; readonly data: SessionData }
  /** Not signed with a secret of this application. Treated as no data, as in Django. */
  | { readonly _tag: "BadSignature" }
  /** Not a JSON object. Treated as no data, as in Django. */
  | { readonly _tag: "Malformed" }
  /** Over this application's size limit. Django may be able to read it, so it must not be treated as no data. */
  | { readonly _tag: "TooLarge"; readonly maximumBytes: number }

/** Converts session data to stored text and back. A text always decodes to the same data. */
export interface SessionCodec {
  /**
   * The text to store.
   *
   * @param now epoch milliseconds; the text holds whole seconds
   */
  readonly encode: (data: SessionData, now: number) => string
  /** Reads a stored text. Never throws. */
  readonly decode: (text: string) => Decoded
  /**
   * A text that cannot be read is replaced by an empty session when it is loaded: for stores whose text is the cookie
   * itself.
   */
  readonly replacesUnreadable?: boolean
}

/** How the sessions of users are recorded. */
export interface UserSessionSettings {
  /** How often a session that is only read is recorded as seen. */
  readonly intervalSeconds: number
}

/** All settings for sessions: Django's SESSION_* settings and the codec made from the secret key. */
export interface SessionSettings {
  /** Writes and reads the stored text of a session. */
  readonly codec: SessionCodec
  /** SESSION_COOKIE_NAME, _PATH, _DOMAIN, _SECURE, _HTTPONLY and _SAMESITE. */
  readonly cookie: CookieSettings
  /** SESSION_COOKIE_AGE. */
  readonly cookieAgeSeconds: number
  /** SESSION_EXPIRE_AT_BROWSER_CLOSE. */
  readonly expireAtBrowserClose: boolean
  /** TIME_ZONE and USE_TZ. Default: UTC, and instants are written with their offset. */
  readonly clock?: DjangoClock
  /** SESSION_SAVE_EVERY_REQUEST. */
  readonly saveEveryRequest: boolean
  /**
   * The session is written unless the status is 500, as in Django before 4.2. Default false: unless it is 500 or above.
   */
  readonly savesServerErrors?: boolean
  /** A session cannot expire at a fixed instant, because Django before 4.1 could not read that. Default false. */
  readonly refusesInstants?: boolean
  /** Records the sessions of users. Default: they are not recorded. */
  readonly userSessions?: UserSessionSettings
  /** Idle and absolute lifetime of sessions with a user. Default: they expire as in Django. */
  readonly lifetime?: LifetimeSettings
  /** Binds sessions to the devices of their users. Default: they are not bound. */
  readonly deviceBound?: DeviceBoundSettings
}
