/** The keyed hash for all signatures, and a comparison in constant time. */
import { createHash, hash, timingSafeEqual } from "node:crypto"

/** A hash without a key: URL-safe base64 without padding, 43 characters. */
export const digest = (value: string): string => hash("sha256", value, "base64url")

/** New signatures use `sha256`; `sha1` is only for verifying what Django 3.0 and older wrote. */
export type Algorithm = "sha1" | "sha256" | "sha512"

/** A keyed hash with a derived key. Text is hashed as UTF-8. */
export interface SaltedHmac {
  /** Lowercase hexadecimal digits. */
  readonly hex: (value: string | Uint8Array) => string
  /** URL-safe base64 without padding. */
  readonly base64url: (value: string) => string
}

/**
 * Derives the key `H(keySalt ‖ secret)` once, with the first value, so that each value costs one HMAC.
 *
 * @see Django: django.utils.crypto.salted_hmac
 */
export const makeSaltedHmac = (keySalt: string, secret: string, algorithm: Algorithm = "sha256"): SaltedHmac => {
  let derived: Hmac | undefined
  const hmac = (): Hmac => {
    derived ??= new Hmac(algorithm, createHash(algorithm).update(keySalt).update(secret).digest())
    return derived
  }
  return {
    hex: (value) => hmac().of(value, "hex"),
    base64url: (value) => hmac().of(value, "base64url")
  }
}

/**
 * HMAC of RFC 2104, `H(K ⊕ opad ‖ H(K ⊕ ipad ‖ text))`, by Node's hash of a whole buffer. Node's own `Hmac` makes a
 * stream with a native object for each value, which takes twice as long and is work for the garbage collector.
 */
class Hmac {
  readonly #algorithm: Algorithm
  /** The padded key, and space for short texts. */
  readonly #inner: Buffer
  /** The padded key, and space for the inner hash. */
  readonly #outer: Buffer
  readonly #blockBytes: number

  /** @param key not longer than a block of the hash */
  constructor(algorithm: Algorithm, key: Uint8Array) {
    this.#algorithm = algorithm
    this.#blockBytes = algorithm === "sha512" ? 128 : 64
    this.#inner = Buffer.alloc(this.#blockBytes + shortBytes, 0x36)
    this.#outer = Buffer.alloc(this.#blockBytes + key.length, 0x5c)
    for (const [at, byte] of key.entries()) {
      this.#inner[at] = byte ^ 0x36
      this.#outer[at] = byte ^ 0x5c
    }
  }
  of(value: string | Uint8Array, encoding: "hex" | "base64url"): string {
    const inner = hash(this.#algorithm, this.#withKey(value), "binary")
    this.#outer.write(inner, this.#blockBytes, "latin1")
    return hash(this.#algorithm, this.#outer, encoding)
  }
  #withKey(value: string | Uint8Array): Uint8Array {
    const block = this.#blockBytes
    // A UTF-16 unit has at most three bytes of UTF-8.
    if (typeof value === "string" && value.length * 3 <= shortBytes)
      return this.#inner.subarray(0, block + this.#inner.write(value, block, "utf8"))
    return Buffer.concat([this.#inner.subarray(0, block), typeof value === "string" ? Buffer.from(value) : value])
  }
}

/** Most sessions are shorter. Longer texts are copied. */
const shortBytes = 4096

/** The secret keys of an application. */
export interface Secrets {
  /** SECRET_KEY. */
  readonly secret: string
  /** SECRET_KEY_FALLBACKS, in order. */
  readonly fallbacks: ReadonlyArray<string>
  /** Whether hashes made with SHA-1 are accepted too, as in Django 3.2. Default false. */
  readonly readsSha1?: boolean
}

/**
 * Keyed hashes that verify a value. The first one, of the current secret, also makes new values; the others only
 * verify.
 */
export type Keyring = readonly [current: SaltedHmac, ...older: ReadonlyArray<SaltedHmac>]

export const makeKeyring = (keySalt: string, { secret, fallbacks, readsSha1 = false }: Secrets): Keyring => {
  const hmacs = (algorithm: Algorithm) => fallbacks.map((fallback) => makeSaltedHmac(keySalt, fallback, algorithm))
  return [
    makeSaltedHmac(keySalt, secret),
    ...hmacs("sha256"),
    ...(readsSha1 ? [makeSaltedHmac(keySalt, secret, "sha1"), ...hmacs("sha1")] : [])
  ]
}

/** Like {@link makeSaltedHmac}, for a single value. Returns hexadecimal digits. */
export const saltedHmac = (keySalt: string, value: string, secret: string, algorithm: Algorithm = "sha256"): string =>
  makeSaltedHmac(keySalt, secret, algorithm).hex(value)

/**
 * Whether two texts are equal, in a time that depends only on their lengths.
 *
 * Texts are compared as UTF-16, because UTF-8 turns every lone surrogate into the same U+FFFD.
 *
 * @see Django: django.utils.crypto.constant_time_compare
 */
export const constantTimeEqual = (a: string, b: string): boolean => {
  const { length } = a
  if (b.length !== length) return false
  if (length > longestKept) return timingSafeEqual(Buffer.from(a, "utf16le"), Buffer.from(b, "utf16le"))
  const { one, other } = kept[length] ?? keep(length)
  one.write(a, "utf16le")
  other.write(b, "utf16le")
  return timingSafeEqual(one, other)
}

/** By length of the texts: two buffers that every comparison fills. Making them takes longer than comparing. */
const kept: Array<ReturnType<typeof keep> | undefined> = []
const longestKept = 128

const keep = (length: number) => {
  const made = { one: Buffer.alloc(2 * length), other: Buffer.alloc(2 * length) }
  kept[length] = made
  return made
}
