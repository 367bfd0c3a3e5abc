/**
 * The text form of bcrypt hashes: `<algorithm>$$2b$<rounds>$<22 digits of salt><31 digits of hash>`, in bcrypt's own
 * base 64. `bcrypt_sha256` hashes the 64 lower-case hexadecimal digits of the password's SHA-256, `bcrypt` the password
 * itself.
 */

export type Algorithm = "bcrypt" | "bcrypt_sha256"

/** Stored work above this is not done. The number is an exponent: 16 takes 16 times as long as Django's 12. */
export const maximumRounds = 16
export const minimumRounds = 4

/** bcrypt reads no further. */
export const maximumBytes = 72

/**
 * Whether plain `bcrypt` can tell a password from every other: up to 72 bytes, and none of them NUL, because bcrypt
 * repeats its key with a NUL in between (`p` and `p NUL p` have one hash).
 */
export const isDistinct = (password: Uint8Array): boolean => password.length <= maximumBytes && !password.includes(0)

const digits = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

export interface Parameters {
  /** `2b`; older libraries wrote `2a` or `2y` for the same. */
  readonly version: string
  readonly rounds: number
  /** 22 digits. */
  readonly salt: string
}

const shape = /^(bcrypt|bcrypt_sha256)\$\$(2[aby])\$([0-9]{2})\$([./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$/

/** @returns `undefined` for another algorithm, a malformed text, more than {@link maximumRounds} */
export const parse = (algorithm: Algorithm, encoded: string): Parameters | undefined => {
  const [, name, version = "", exponent, salt = ""] = shape.exec(encoded) ?? []
  if (name !== algorithm) return undefined
  const rounds = Number(exponent)
  return rounds >= minimumRounds && rounds <= maximumRounds ? { version, rounds, salt } : undefined
}

/** @param hash as the library gives it: `$2b$`, rounds, salt and hash */
export const format = (algorithm: Algorithm, { version }: Parameters, hash: string): string =>
  `${algorithm}$$${version}${hash.slice("$2b".length)}`

/** What the library is given: its salt says how much work to do. */
export const librarySalt = ({ rounds, salt }: Parameters): string => `$2b$${String(rounds).padStart(2, "0")}$${salt}`

/**
 * A salt as bcrypt writes it: 22 digits hold 132 bits, of which 128 count, so the last one keeps two of its six.
 *
 * @returns `undefined` for what is not made of 22 digits
 */
export const saltOf = (text: string): string | undefined => {
  if (!/^[./A-Za-z0-9]{22}$/.test(text)) return undefined
  return text.slice(0, -1) + digits.charAt(digits.indexOf(text.slice(-1)) & 0b110000)
}

/** @see Django: BCryptSHA256PasswordHasher.must_update */
export const mustUpdate = (algorithm: Algorithm, encoded: string, configured: number): boolean =>
  parse(algorithm, encoded)?.rounds !== configured

/**
 * The work that verifying a text does not take, compared with a fresh one: the rounds of hashes that together take it.
 * 2^12 - 2^10 = 2^10 + 2^11.
 *
 * @see Django: BCryptSHA256PasswordHasher.harden_runtime, which repeats the smallest of them instead
 */
export const missingRounds = (algorithm: Algorithm, encoded: string, configured: number): ReadonlyArray<number> => {
  const stored = parse(algorithm, encoded)
  if (stored === undefined) return [configured]
  return Array.from({ length: Math.max(0, configured - stored.rounds) }, (_, step) => stored.rounds + step)
}
