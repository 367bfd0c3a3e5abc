/**
 * Sessions that live in the cookie itself, signed: Django's `signed_cookies` engine. Nothing is stored, so nothing can
 * be taken back: a copy of the cookie stays good until it is `cookieAgeSeconds` old, whoever logged out meanwhile, and
 * of two requests at once the later cookie wins with all it holds. Everybody who has the cookie can read it.
 *
 * The session key is the text; each write makes another one.
 *
 * @module latchkey/signed-cookies
 */
import * as Effect from "effect/Effect"
import { makeCodec, SessionTooLarge, signedCookieSalt } from "../../core/session/codec.ts"
import * as SessionKey from "../../core/session/key.ts"
import type { Decoded, SessionCodec } from "../../core/session/settings.ts"
import * as Base62 from "../../core/signing/base62.ts"
import { ConfigurationInvalid } from "../interpreter/errors.ts"
import type { SessionStore, StoreCodecSettings } from "../interpreter/ports.ts"
import { checkOptions, number } from "../option-kinds.ts"

export interface SignedCookieOptions {
  /** SESSION_COOKIE_AGE, 1209600: the age at which a cookie is worth nothing, whatever the session's own expiry. */
  readonly cookieAgeSeconds?: number
}

/** Browsers drop larger cookies without a word (RFC 6265 section 6.1): name and value together. */
const maximumCookieBytes = 4096

/** The session does not fit into a cookie. Thrown before anything leaves. */
export class CookieTooLarge extends SessionTooLarge {
  override readonly name = "CookieTooLarge"
  readonly bytes: number
  constructor(bytes: number) {
    super(
      maximumCookieBytes,
      `the session makes a cookie of ${bytes} bytes; browsers keep no more than ${maximumCookieBytes}`
    )
    this.bytes = bytes
  }
}

/** @throws {ConfigurationInvalid} */
export const signedCookieSessions = (options: SignedCookieOptions = {}): SessionStore => {
  checkOptions(options, { cookieAgeSeconds: number })
  const { cookieAgeSeconds = 1_209_600 } = options
  if (!(cookieAgeSeconds > 0)) throw new ConfigurationInvalid({ problems: ["cookieAgeSeconds: must be positive"] })
  return {
    capabilities: { atomicSwap: false, merges: false, revokes: false, sharedWithDjango: true },
    codec: makeCookieCodec,
    cookieAgeSeconds,
    load: (key, now) =>
      Effect.succeed({
        _tag: "SessionFound",
        text: isTooOld(key, now, cookieAgeSeconds) ? tooOld : key,
        hint: undefined
      }),
    commit: (change) => {
      if (change._tag === "Delete") return Effect.succeed({ _tag: "Deleted" })
      const { text } = change
      const key = SessionKey.parse(text)
      return key === undefined
        ? Effect.die(new Error("a signed text is never that short"))
        : Effect.succeed({ _tag: "Committed", key, text })
    },
    clearExpired: () => Effect.succeed(0)
  }
}

/** Stands for a text that may be well signed, but long ago. The codec reads it as no data. */
const tooOld = ""

/** Looks at the time in a text whose signature the codec has yet to verify: older is worth nothing, whoever signed. */
const isTooOld = (text: string, now: number, maximumSeconds: number): boolean => {
  const seconds = Base62.decode(text.split(":").at(-2) ?? "")
  return seconds !== undefined && now / 1000 - seconds > maximumSeconds
}

const malformed: Decoded = Object.freeze({ _tag: "Malformed" })

/** Django's, with the salt of its cookies; `encode` throws {@link CookieTooLarge}. */
const makeCookieCodec = ({ cookieName, ...settings }: StoreCodecSettings): SessionCodec => {
  const codec = makeCodec({ ...settings, salt: signedCookieSalt, readsUntimed: false })
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
