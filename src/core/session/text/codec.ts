/**
 * Converts session data to the text that stores hold, and back. The text is `body ":" time ":" signature`. The body is
 * the JSON in URL-safe base64. If it is long, and deflating makes it shorter, it is deflated first and marked by a
 * leading dot. Django deflates short JSON, too, and reads both forms.
 *
 * @see Django: django.contrib.sessions.backends.base.SessionBase.encode, SessionBase.decode, django.core.signing.dumps
 */
import { byteString, bytesOf } from "../../json/json-bytes.ts"
import type { SessionData } from "../../json/session-data.ts"
import { parseMembers, writeMembers } from "../../json/stored-json.ts"
import * as Base64url from "../../signing/base64url.ts"
import { makeSigner } from "../../signing/timestamp-signer.ts"
import type { Decoded, SessionCodec } from "../value/session-settings.ts"
import { endOf, makeMemo, makeSightings } from "./decode-cache.ts"
import { deflate, deflateBehind, inflate } from "./deflate.ts"
import { makeLegacyReader } from "./legacy-text.ts"
import { namesUserFirst, readableBytes } from "./text-head.ts"

/** What a codec is made from. */
export interface CodecSettings {
  /** SECRET_KEY. */
  readonly secret: string
  /** SECRET_KEY_FALLBACKS: texts signed with these keys are accepted; new texts are never signed with them. */
  readonly fallbacks: ReadonlyArray<string>
  /** Default `django.contrib.sessions.SessionStore`, as in Django. */
  readonly salt?: string
  /** Largest size of a session's JSON in bytes. Default 16 MiB. */
  readonly maximumBytes?: number
  /**
   * JSON of so many bytes is deflated, if that makes it shorter. Default 1024: a shorter session is read and written
   * several times faster if it is not deflated. With 0 every text is as short as Django's.
   */
  readonly deflatesFromBytes?: number
  /** Memory for the cache of decoded texts, in bytes. Default 8 MiB; 0 turns the cache off. */
  readonly memoBytes?: number
  /** Texts signed with SHA-1 are accepted too, as in Django 3.2. Default false. */
  readonly readsSha1?: boolean
  /**
   * Texts of Django 3.0 and older are accepted. They have no time, so do not use this where a text must expire by its
   * age. Default: as `readsSha1`.
   */
  readonly readsUntimed?: boolean
}

/** What a store's codec is made from. */
export interface StoreCodecSettings extends CodecSettings {
  /** SESSION_COOKIE_NAME. */
  readonly cookieName: string
}

/**
 * The salt of Django's db, cached_db and file stores. The salt of a custom store ends in the qualified name of its
 * class.
 */
export const storeSalt = "django.contrib.sessions.SessionStore"

/** The salt of cookies that hold the whole session. */
export const signedCookieSalt = "django.contrib.sessions.backends.signed_cookies"

/** 16 MiB. Django has no limit. */
export const defaultMaximumBytes = 16 * 1024 * 1024

/**
 * Marks every {@link SessionTooLarge}. `instanceof` is not enough, because bundlers may include this module several
 * times.
 */
const isTooLarge: unique symbol = Symbol.for("latchkey.SessionTooLarge")

/**
 * The session is too large to store. The status is 413, because clients can fill sessions. A text that could not be
 * read again is never written.
 */
export class SessionTooLarge extends Error {
  override readonly name: string = "SessionTooLarge"
  /** The limit: the setting `maximumSessionBytes`, or the maximum size of a cookie. */
  readonly maximumBytes: number
  readonly [isTooLarge] = true
  constructor(maximumBytes: number, message = `the session holds more than ${maximumBytes} bytes of JSON`) {
    super(message)
    this.maximumBytes = maximumBytes
  }
  /** Whether an error is a `SessionTooLarge`, also one of another copy of this module. */
  static is(error: unknown): error is SessionTooLarge {
    return error instanceof Error && isTooLarge in error
  }
}

/** Longer texts are not cached: they are decoded each time. */
const longestRemembered = 64 * 1024

const badSignature: Decoded = Object.freeze({ _tag: "BadSignature" })
const malformed: Decoded = Object.freeze({ _tag: "Malformed" })

/**
 * Makes the codec for one secret key. Texts that are read again are cached by content, with what they decode to. The
 * cache never changes a result, because the same text always decodes to the same data.
 *
 * `encode` writes ASCII, but keeps members as they were read. It throws {@link SessionTooLarge}. `decode` never
 * throws. It verifies the signature before it inflates the body, and compares the time in the text with no clock.
 */
export const makeCodec = (settings: CodecSettings): SessionCodec => {
  const {
    secret,
    fallbacks,
    salt = storeSalt,
    maximumBytes = defaultMaximumBytes,
    deflatesFromBytes = 1024,
    memoBytes = 8 * 1024 * 1024
  } = settings
  const { readsSha1 = false, readsUntimed = readsSha1 } = settings
  const signer = makeSigner({ secret, fallbacks, salt, readsSha1 })
  const legacy = readsUntimed ? makeLegacyReader({ secrets: [secret, ...fallbacks], salt }) : undefined
  const memo = makeMemo<Decoded>(memoBytes, endOf)
  const wasSeen = makeSightings()

  const decode = (text: string): Decoded => {
    const unsigned = signer.unsign(text)
    const old = unsigned._tag === "BadSignature" ? legacy?.(text) : undefined
    if (unsigned._tag === "BadSignature" && old === undefined) return badSignature
    const bytes = unsigned._tag === "Verified" ? unpack(unsigned.value, maximumBytes) : old
    if (bytes === undefined) return malformed
    if (bytes === "TooLarge" || bytes.length > maximumBytes) return { _tag: "TooLarge", maximumBytes }
    const json = byteString(bytes)
    const data = parseMembers(json)
    if (data === undefined) return malformed

    const decoded: Decoded = Object.freeze({ _tag: "Decoded", data })
    if (text.length <= longestRemembered && wasSeen(text)) memo.set(text, decoded, footprint(text, json, data))
    return decoded
  }

  return {
    encode: (data, now) => {
      const json = bytesOf(writeMembers(data))
      if (json.length > maximumBytes) throw new SessionTooLarge(maximumBytes)
      return signer.sign(json.length < deflatesFromBytes ? Base64url.encode(json) : pack(json), now)
    },
    decode: (text) => memo.get(text) ?? decode(text)
  }
}

/**
 * As in Django: deflates only if that saves at least two bytes. The dot in front costs one of them. The user that a
 * long session names stays readable, see `text-head.ts`.
 */
const pack = (bytes: Uint8Array): string => {
  const isReadable = bytes.length >= 2 * readableBytes && namesUserFirst(bytes)
  const deflated = isReadable ? deflateBehind(readableBytes, bytes) : deflate(bytes)
  return deflated.length < bytes.length - 1 ? `.${Base64url.encode(deflated)}` : Base64url.encode(bytes)
}

const unpack = (body: string, maximumBytes: number): Uint8Array | "TooLarge" | undefined => {
  const packed = Base64url.decode(body.startsWith(".") ? body.slice(1) : body)
  return packed !== undefined && body.startsWith(".") ? inflate(packed, maximumBytes) : packed
}

/** Approximate memory of one cached text in bytes: its characters, those of the JSON, and the map's members. */
const footprint = (text: string, json: string, data: SessionData): number =>
  text.length + json.length + 192 * (1 + data.size)
