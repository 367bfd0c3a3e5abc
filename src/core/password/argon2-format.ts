/**
 * The text form of Argon2 hashes (RFC 9106): `argon2` and a PHC string,
 * `argon2$argon2id$v=19$m=102400,t=2,p=8$<salt>$<hash>`. Salt and hash are in base64 without padding. Django's salts
 * are the ASCII bytes of 22 characters.
 */
import * as Encoded from "./encoded.ts"

export const algorithm = "argon2"

/**
 * Limits for stored hashes. Otherwise an attacker who can write one row could use up all memory, or hours of CPU time.
 */
export const maximumMemoryCost = 256 * 1024
export const maximumTimeCost = 16

/** Accepted hash lengths in bytes: argon2-cffi wrote 16 up to version 21.1, and 32 since. */
export const hashLengths: ReadonlyArray<number> = [16, 32]

/** What one hash costs, and how long it is. */
export interface Cost {
  /** Kibibytes. */
  readonly memoryCost: number
  /** Passes over the memory. */
  readonly timeCost: number
  /** Lanes. */
  readonly parallelism: number
  /** Bytes. */
  readonly hashLength: number
}

/** The variants that Django wrote: `argon2id` since 3.2, before that `argon2i`. */
export type Variety = "argon2id" | "argon2i"

export interface Parameters extends Cost {
  readonly variety: Variety
  /** 16, argon2 before 1.3, has no version in the text. */
  readonly version: 16 | 19
  readonly salt: Uint8Array
}

/** Whether a hash of this cost is valid (RFC 9106, section 3.1) and within the limits. */
export const isAffordable = ({ memoryCost, timeCost, parallelism, hashLength }: Cost): boolean =>
  [memoryCost, timeCost, parallelism].every((number) => Number.isSafeInteger(number) && number >= 1) &&
  parallelism <= 255 &&
  memoryCost >= 8 * parallelism &&
  memoryCost <= maximumMemoryCost &&
  timeCost <= maximumTimeCost &&
  hashLengths.includes(hashLength)

const shape =
  /^argon2\$(argon2id|argon2i)\$(v=19\$)?m=([0-9]+),t=([0-9]+),p=([0-9]+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/**
 * Reads the parameters of a stored text.
 *
 * @returns `undefined` for another algorithm or variety, a malformed text, or a cost above the limits
 */
export const parse = (encoded: string): Parameters | undefined => {
  const [, variety, version, m, t, p, salt = "", hash = ""] = shape.exec(encoded) ?? []
  if (variety !== "argon2id" && variety !== "argon2i") return undefined
  const [memoryCost, timeCost, parallelism] = [m, t, p].map((digits) => Encoded.count(digits, maximumMemoryCost))
  if (memoryCost === undefined || timeCost === undefined || parallelism === undefined) return undefined
  const parameters: Parameters = {
    variety,
    version: version === undefined ? 16 : 19,
    memoryCost,
    timeCost,
    parallelism,
    hashLength: Math.floor((hash.length * 3) / 4),
    salt: Buffer.from(salt, "base64")
  }
  return isAffordable(parameters) && isSalt(parameters.salt) ? parameters : undefined
}

/** Argon2 requires at least 8 bytes of salt; the upper limit is this library's. */
export const isSalt = (salt: Uint8Array): boolean => salt.length >= 8 && salt.length <= 64

export const format = (parameters: Parameters, hash: Uint8Array): string => {
  const { variety, version, memoryCost, timeCost, parallelism, salt } = parameters
  const named = version === 16 ? "" : `v=${version}$`
  const cost = `m=${memoryCost},t=${timeCost},p=${parallelism}`
  return `${algorithm}$${variety}$${named}${cost}$${base64(salt)}$${base64(hash)}`
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "")

/**
 * Whether a password should be hashed again, because variety, version, cost or length differ from the configuration, or
 * the salt is short.
 *
 * @see Django: django.contrib.auth.hashers.Argon2PasswordHasher.must_update
 */
export const mustUpdate = (encoded: string, configured: Cost): boolean => {
  const stored = parse(encoded)
  return (
    stored === undefined ||
    stored.variety !== "argon2id" ||
    stored.version !== 19 ||
    stored.memoryCost !== configured.memoryCost ||
    stored.timeCost !== configured.timeCost ||
    stored.parallelism !== configured.parallelism ||
    stored.hashLength !== configured.hashLength ||
    stored.salt.length < Encoded.saltLength
  )
}

/**
 * The cost of an additional hash that takes the work by which a stored text is cheaper than a new hash; `undefined` if
 * it is not cheaper. The work is rounded up by less than 1 KiB in each pass, or to the least memory that Argon2 takes.
 */
export const missingCost = (encoded: string, configured: Cost): Cost | undefined => {
  const stored = parse(encoded)
  const missing = work(configured) - (stored === undefined ? 0 : work(stored))
  if (missing <= 0) return undefined
  const timeCost = Math.ceil(missing / configured.memoryCost)
  return { ...configured, timeCost, memoryCost: Math.max(8 * configured.parallelism, Math.ceil(missing / timeCost)) }
}

const work = ({ memoryCost, timeCost }: Cost): number => memoryCost * timeCost
