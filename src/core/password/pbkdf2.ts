/**
 * The text form of PBKDF2 hashes: `<algorithm>$<iterations>$<salt>$<base64 of the hash>`, the salt used as the UTF-8
 * bytes of its characters.
 */
import * as Encoded from "./encoded.ts"

/** Stored work above this is not done: whoever can write one row could otherwise stop the server for hours. */
export const maximumIterations = 10_000_000

export interface Parameters {
  readonly iterations: number
  readonly salt: string
}

/**
 * What a stored text asks for. Lenient where that is harmless (leading zeros, anything as the hash): whoever verifies
 * formats anew and compares whole texts.
 *
 * @returns `undefined` for another algorithm, a malformed text, more than {@link maximumIterations}
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
 * Whether a text should be written anew: other iterations than configured, more or fewer, or a short salt.
 *
 * @see Django: PBKDF2PasswordHasher.must_update
 */
export const mustUpdate = (algorithm: string, encoded: string, configured: number): boolean => {
  const stored = parse(algorithm, encoded)
  return stored === undefined || stored.iterations !== configured || !Encoded.saltIsLongEnough(stored.salt)
}

/**
 * The iterations that verifying a text does not take, compared with a fresh one. A text that cannot be verified takes
 * none, so it lacks them all.
 *
 * @see Django: PBKDF2PasswordHasher.harden_runtime
 */
export const missingIterations = (algorithm: string, encoded: string, configured: number): number =>
  Math.max(0, configured - (parse(algorithm, encoded)?.iterations ?? 0))
