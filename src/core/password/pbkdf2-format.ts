/**
 * The text form of PBKDF2 hashes: `<algorithm>$<iterations>$<salt>$<base64 of the hash>`. The salt is used as the UTF-8
 * bytes of its characters.
 */
import * as Encoded from "./encoded.ts"

/** Limit for stored hashes. Otherwise an attacker who can write one row could stop the server for hours. */
export const maximumIterations = 10_000_000

export interface Parameters {
  readonly iterations: number
  readonly salt: string
}

/**
 * Reads the parameters of a stored text. Accepts leading zeros and any text as the hash. That is harmless, because
 * verification formats its result and compares whole texts.
 *
 * @returns `undefined` for another algorithm, a malformed text, or more than {@link maximumIterations}
 */
export const parse = (algorithm: string, encoded: string): Parameters | undefined => {
  const [name, digits, salt, hash] = encoded.split("$")
  if (name !== algorithm || salt === undefined || hash === undefined || !Encoded.isSalt(salt)) return undefined
  const iterations = Encoded.count(digits, maximumIterations)
  return iterations === undefined ? undefined : { iterations, salt }
}

export const format = (algorithm: string, { iterations, salt }: Parameters, hashBase64: string): string =>
  `${algorithm}$${iterations}$${salt}$${hashBase64}`

/**
 * Whether a password should be hashed again, because it has more or fewer iterations than configured, or a short salt.
 *
 * @see Django: django.contrib.auth.hashers.PBKDF2PasswordHasher.must_update
 */
export const mustUpdate = (algorithm: string, encoded: string, configured: number): boolean => {
  const stored = parse(algorithm, encoded)
  return stored === undefined || stored.iterations !== configured || !Encoded.saltIsLongEnough(stored.salt)
}

/**
 * How many iterations fewer a stored text takes than a new hash. For a text that cannot be verified: all of them.
 *
 * @see Django: django.contrib.auth.hashers.PBKDF2PasswordHasher.harden_runtime
 */
export const missingIterations = (algorithm: string, encoded: string, configured: number): number =>
  Math.max(0, configured - (parse(algorithm, encoded)?.iterations ?? 0))
