/** The keyed hash for all signatures, and a comparison in constant time. */
import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto"

/** A hash without a key: URL-safe base64 without padding, 43 characters. */
export const digest = (value: string): string => createHash("sha256").update(value).digest("base64url")

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
  let derived: KeyObject | undefined
  // A KeyObject, because from raw bytes Node would import the key for each value, which costs more than the hash.
  const key = (): KeyObject => {
    derived ??= createSecretKey(createHash(algorithm).update(keySalt).update(secret).digest())
    return derived
  }
  return {
    hex: (value) => createHmac(algorithm, key()).update(value).digest("hex"),
    base64url: (value) => createHmac(algorithm, key()).update(value).digest("base64url")
  }
}

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
export const constantTimeEqual = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, "utf16le"), Buffer.from(b, "utf16le"))
