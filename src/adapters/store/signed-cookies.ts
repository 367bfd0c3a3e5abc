/**
 * Sessions whose data is in the cookie itself, signed: Django's `signed_cookies` engine. The server stores nothing, and
 * this has consequences:
 *
 * - No session can be revoked. After a logout, a copy of the cookie stays valid until it is `cookieAgeSeconds` old.
 * - If two requests change the session at the same time, the cookie that arrives last replaces all data of the other.
 * - The data is not encrypted: it can be read by every person or program that has the cookie.
 *
 * The session key is the signed text, and each write makes a new one.
 *
 * @module latchkey/signed-cookies
 */
import * as Effect from "effect/Effect"
import { makeCodec, SessionTooLarge, signedCookieSalt } from "../../core/session/text/codec.ts"
import type { Decoded, SessionCodec } from "../../core/session/value/session-settings.ts"
import * as SessionKey from "../../core/session-key.ts"
import * as Base62 from "../../core/signing/base62.ts"
import { ConfigurationInvalid } from "../errors/errors.ts"
import { checkOptions, number } from "../options/option-kinds.ts"
import type { SessionStore, StoreCodecSettings } from "../ports/session-store.ts"

/** The options of {@link signedCookieSessions}. */
export interface SignedCookieOptions {
  /**
   * SESSION_COOKIE_AGE, in seconds: older cookies are not accepted, even if the session expires later. Default:
   * 1209600.
   */
  readonly cookieAgeSeconds?: number
}

/** The limit for name and value together. Browsers drop larger cookies without an error (RFC 6265 section 6.1). */
const maximumCookieBytes = 4096

/** The session does not fit into a cookie. Thrown before the response is sent. */
export class CookieTooLarge extends SessionTooLarge {
  override readonly name = "CookieTooLarge"
  /** The size of the cookie's name and value. */
  readonly bytes: number
  constructor(bytes: number) {
    super(
      maximumCookieBytes,
      `the session needs a cookie of ${bytes} bytes; browsers store at most ${maximumCookieBytes}`
    )
    this.bytes = bytes
  }
}

/**
 * A session store that keeps each session in its cookie, and nothing on the server.
 *
 * @throws {ConfigurationInvalid}
 */
export const signedCookieSessions = (options: SignedCookieOptions = {}): SessionStore => {
  checkOptions(options, { cookieAgeSeconds: number })
  const { cookieAgeSeconds = 1_209_600 } = options
  if (!(cookieAgeSeconds > 0)) throw new ConfigurationInvalid({ problems: ["cookieAgeSeconds: must be positive"] })
  return {
    capabilities: { atomicSwap: false, merges: false, revokes: false, sharedWithDjango: true },
    codec: makeCookieCodec,
    deadlineSeconds: 0,
    cookieAgeSeconds,
    load: (key, now) =>
      Effect.succeed({
        _tag: "SessionFound",
        text: isTooOld(key, now, cookieAgeSeconds) ? tooOld : key,
        prefetched: undefined
      }),
    commit: (change) => {
      if (change._tag === "Delete") return Effect.succeed({ _tag: "Deleted" })
      const { text } = change
      const key = SessionKey.parse(text)
      return key === undefined
        ? Effect.die(new Error("a signed text is never that short"))
        : Effect.succeed({ _tag: "Committed", key, text })
    },
    clearExpired: () => Effect.succeed(0),
    countExpired: () => Effect.succeed(0)
  }
}

/** Replaces a text that is too old, even if its signature is valid. The codec decodes it as malformed. */
const tooOld = ""

/** Checks the time in the text before the codec verifies the signature: an old text is never accepted. */
const isTooOld = (text: string, now: number, maximumSeconds: number): boolean => {
  const seconds = Base62.decode(text.split(":").at(-2) ?? "")
  return seconds !== undefined && now / 1000 - seconds > maximumSeconds
}

const malformed: Decoded = Object.freeze({ _tag: "Malformed" })

/**
 * Django's codec with the salt that Django uses for its session cookies. Every text is as short as possible. `encode`
 * throws {@link CookieTooLarge}.
 */
const makeCookieCodec = ({ cookieName, ...settings }: StoreCodecSettings): SessionCodec => {
  const codec = makeCodec({ ...settings, salt: signedCookieSalt, deflatesFromBytes: 0, readsUntimed: false })
  return {
    encode: (data, now) => {
      const text = codec.encode(data, now)
      const bytes = cookieName.length + text.length
      if (bytes > maximumCookieBytes) throw new CookieTooLarge(bytes)
      return text
    },
    decode: (text) => (text === tooOld ? malformed : codec.decode(text)),
    replacesUnreadable: true
  }
}
