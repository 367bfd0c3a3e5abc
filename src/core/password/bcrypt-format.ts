/**
 * The text form of bcrypt hashes: `<algorithm>$$2b$<rounds>$<22 digits of salt><31 digits of hash>`, in bcrypt's own
 * base 64. `bcrypt` hashes the password itself. `bcrypt_sha256` hashes the 64 lower-case hexadecimal digits of the
 * password's SHA-256.
 */

export type Algorithm = "bcrypt" | "bcrypt_sha256"

/** Limit for stored hashes. The number is an exponent: 16 takes 16 times as long as Django's 12. */
export const maximumRounds = 16
export const minimumRounds = 4

/** bcrypt ignores all further bytes of a password. */
export const maximumBytes = 72

/**
 * Whether plain `bcrypt` distinguishes this password from every other: at most 72 bytes, and no NUL. bcrypt repeats its
 * key with a NUL in between, so `p` and `p NUL p` have the same hash.
 */
export const isDistinct = (password: Uint8Array): boolean => password.length <= maximumBytes && !password.includes(0)

const digits = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

export interface Parameters {
  /** `2b`; older libraries wrote `2a` or `2y` for the same algorithm. */
  readonly version: string
  readonly rounds: number
  /** 22 digits. */
  readonly salt: string
}

const shape = /^(bcrypt|bcrypt_sha256)\$\$(2[aby])\$([0-9]{2})\$([./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$/

/**
 * Reads the parameters of a stored text.
 *
 * @returns `undefined` for another algorithm, a malformed text, or more rounds than {@link maximumRounds}
 */
export const parse = (algorithm: Algorithm, encoded: string): Parameters | undefined => {
  const [, name, version = "", exponent, salt = ""] = shape.exec(encoded) ?? []
  if (name !== algorithm) return undefined
  const rounds = Number(exponent)
  return rounds >= minimumRounds && rounds <= maximumRounds ? { version, rounds, salt } : undefined
}

/** @param hash as the bcrypt library returns it: `$2b$`, rounds, salt and hash */
export const format = (algorithm: Algorithm, { version }: Parameters, hash: string): string =>
  `${algorithm}$$${version}${hash.slice("$2b".length)}`

/** The salt argument of the bcrypt library, which includes the number of rounds. */
export const librarySalt = ({ rounds, salt }: Parameters): string => `$2b$${String(rounds).padStart(2, "0")}$${salt}`

/**
 * A salt in the form that bcrypt writes. 22 digits hold 132 bits, but a salt has 128. So the last four bits of the last
 * digit are set to zero.
 *
 * @returns `undefined` if the text is not 22 digits
 */
export const saltOf = (text: string): string | undefined => {
  if (!/^[./A-Za-z0-9]{22}$/.test(text)) return undefined
  return text.slice(0, -1) + digits.charAt(digits.indexOf(text.slice(-1)) & 0b110000)
}

/**
 * Whether a password should be hashed again, because it has other rounds than configured.
 *
 * @see Django: django.contrib.auth.hashers.BCryptSHA256PasswordHasher.must_update
 */
export const mustUpdate = (algorithm: Algorithm, encoded: string, configured: number): boolean =>
  parse(algorithm, encoded)?.rounds !== configured

/**
 * How much less work a stored text takes than a new hash, as the rounds of the additional hashes that take this work
 * together. For example 2^12 - 2^10 = 2^10 + 2^11.
 *
 * @see Django: BCryptSHA256PasswordHasher.harden_runtime, which repeats the smallest of them instead
 */
export const missingRounds = (algorithm: Algorithm, encoded: string, configured: number): ReadonlyArray<number> => {
  const stored = parse(algorithm, encoded)
  if (stored === undefined) return [configured]
  return Array.from({ length: Math.max(0, configured - stored.rounds) }, (_, step) => stored.rounds + step)
}
