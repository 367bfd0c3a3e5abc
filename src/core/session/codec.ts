/**
 * Session data to the text that stores hold, and back: `body ":" time ":" signature`, where body is the JSON in URL-safe
 * base64, deflated (and then marked by a leading dot) when that is shorter.
 *
 * @see Django: SessionBase.encode, SessionBase.decode, django.core.signing.dumps
 */
import * as Base64url from "../signing/base64url.ts"
import { makeSigner } from "../signing/timestamp-signer.ts"
import type { SessionData } from "./data.ts"
import { deflate, inflate } from "./deflate.ts"
import { bytesOf, charactersOf } from "./json-bytes.ts"
import * as JsonText from "./json-text.ts"
import { makeLegacyReader } from "./legacy-text.ts"
import { makeMemo } from "./memo.ts"
import type { Decoded, SessionCodec } from "./settings.ts"

export interface CodecSettings {
  /** SECRET_KEY. */
  readonly secret: string
  /** SECRET_KEY_FALLBACKS: texts signed with these are read, none is written. */
  readonly fallbacks: ReadonlyArray<string>
  /** By default {@link storeSalt}. */
  readonly salt?: string
  /** The most JSON that a session may hold, by default {@link defaultMaximumBytes}. */
  readonly maximumBytes?: number
  /** Memory for what texts were decoded to, by default 8 MiB; 0 remembers nothing. */
  readonly memoBytes?: number
  /** Texts signed with SHA-1 are read too, as by Django 3.2. Default false. */
  readonly readsSha1?: boolean
  /** Texts of Django 3.0 and older are read, which tell no time: not for what must grow old. By default as `readsSha1`. */
  readonly readsUntimed?: boolean
}

/** The salt of Django's db, cached_db and file stores; that of a custom store ends in its class's qualified name. */
export const storeSalt = "django.contrib.sessions.SessionStore"

/** The salt of cookies that carry the whole session. */
export const signedCookieSalt = "django.contrib.sessions.backends.signed_cookies"

/** 16 MiB. Django has no limit: it writes and serves what memory and database hold. */
export const defaultMaximumBytes = 16 * 1024 * 1024

/** On every {@link SessionTooLarge}: bundlers put this module into an application more than once. */
const isTooLarge: unique symbol = Symbol.for("latchkey.SessionTooLarge")

/**
 * The session holds more than may be stored: 413, since clients fill sessions. Nothing that cannot be read back is ever
 * written.
 */
export class SessionTooLarge extends Error {
  override readonly name: string = "SessionTooLarge"
  readonly maximumBytes: number
  readonly [isTooLarge] = true
  constructor(maximumBytes: number, message = `the session holds more than ${maximumBytes} bytes of JSON`) {
    super(message)
    this.maximumBytes = maximumBytes
  }
  static is(error: unknown): error is SessionTooLarge {
    return error instanceof Error && isTooLarge in error
  }
}

/** Longer texts are decoded each time. */
const longestRemembered = 64 * 1024

const badSignature: Decoded = Object.freeze({ _tag: "BadSignature" })
const malformed: Decoded = Object.freeze({ _tag: "Malformed" })

/**
 * Makes the codec of one secret key. Its memo is keyed by content: a text decodes to the same data every time, so
 * what was verified once is not verified again, and no answer depends on what is remembered.
 *
 * `encode` writes ASCII (the JSON inside is as `writeObject` has it) and throws {@link SessionTooLarge}. `decode` never throws; it inflates nothing whose
 * signature does not hold. A time in the text is not compared with any clock.
 */
export const makeCodec = (settings: CodecSettings): SessionCodec => {
  const {
    secret,
    fallbacks,
    salt = storeSalt,
    maximumBytes = defaultMaximumBytes,
    memoBytes = 8 * 1024 * 1024
  } = settings
  const { readsSha1 = false, readsUntimed = readsSha1 } = settings
  const signer = makeSigner({ secret, fallbacks, salt, readsSha1 })
  const legacy = readsUntimed ? makeLegacyReader({ secrets: [secret, ...fallbacks], salt }) : undefined
  const memo = makeMemo<Decoded>(memoBytes)

  const decode = (text: string): Decoded => {
    const unsigned = signer.unsign(text)
    const old = unsigned._tag === "BadSignature" ? legacy?.(text) : undefined
    if (unsigned._tag === "BadSignature" && old === undefined) return badSignature
    const bytes = unsigned._tag === "Verified" ? unpack(unsigned.value, maximumBytes) : old
    if (bytes === undefined) return malformed
    if (bytes === "TooLarge" || bytes.length > maximumBytes) return { _tag: "TooLarge", maximumBytes }
    const json = charactersOf(bytes)
    const data = JsonText.parseStored(json)
    if (data === undefined) return malformed

    const decoded: Decoded = Object.freeze({ _tag: "Decoded", data })
    if (text.length <= longestRemembered) memo.set(text, decoded, footprint(text, json, data))
    return decoded
  }

  return {
    encode: (data, now) => {
      const json = bytesOf(JsonText.writeObject(data))
      if (json.length > maximumBytes) throw new SessionTooLarge(maximumBytes)
      return signer.sign(pack(json), now)
    },
    decode: (text) => memo.get(text) ?? decode(text)
  }
}

/** Deflated only if that saves two bytes, as Django counts (the dot is one of them). */
const pack = (bytes: Uint8Array): string => {
  const deflated = deflate(bytes)
  return deflated.length < bytes.length - 1 ? `.${Base64url.encode(deflated)}` : Base64url.encode(bytes)
}

const unpack = (body: string, maximumBytes: number): Uint8Array | "TooLarge" | undefined => {
  const packed = Base64url.decode(body.startsWith(".") ? body.slice(1) : body)
  return packed !== undefined && body.startsWith(".") ? inflate(packed, maximumBytes) : packed
}

/** About what one remembered text takes in memory: its characters and those of the JSON, and the map's entries. */
const footprint = (text: string, json: string, data: SessionData): number =>
  text.length + json.length + 128 * (1 + data.size)
