/**
 * The text form of scrypt hashes (RFC 7914): `scrypt$<N>$<salt>$<r>$<p>$<base64 of 64 bytes>`. The salt is used as the
 * UTF-8 bytes of its characters.
 */
import * as Encoded from "./encoded.ts"

export const algorithm = "scrypt"

/** Bytes of the hash. */
export const hashLength = 64

/**
 * Limits for stored hashes. Otherwise an attacker who can write one row could use up all memory, or hours of CPU time.
 */
export const maximumMemoryBytes = 256 * 1024 * 1024
export const maximumParallelism = 16
/** Limit for r. scrypt also runs PBKDF2 over all p blocks; with a very large r that alone would take long. */
export const maximumBlockSize = 1024

/** What one hash costs. */
export interface Cost {
  /** RFC 7914's N, a power of 2. */
  readonly workFactor: number
  /** RFC 7914's r. */
  readonly blockSize: number
  /** RFC 7914's p. */
  readonly parallelism: number
}

export interface Parameters extends Cost {
  readonly salt: string
}

/** Whether a hash of this cost is valid (RFC 7914, section 6) and within the limits. */
export const isAffordable = ({ workFactor, blockSize, parallelism }: Cost): boolean =>
  [workFactor, blockSize, parallelism].every((number) => Number.isSafeInteger(number) && number >= 1) &&
  workFactor >= 2 &&
  Number.isInteger(Math.log2(workFactor)) &&
  workFactor < 2 ** (16 * blockSize) &&
  parallelism <= maximumParallelism &&
  blockSize <= maximumBlockSize &&
  128 * blockSize * workFactor <= maximumMemoryBytes

/** Memory that one hash takes, in bytes, by OpenSSL's formula. */
export const memoryBytes = ({ workFactor, blockSize, parallelism }: Cost): number =>
  128 * blockSize * (workFactor + parallelism + 2)

/**
 * Reads the parameters of a stored text.
 *
 * @returns `undefined` for another algorithm, a malformed text, or a cost above the limits
 */
export const parse = (encoded: string): Parameters | undefined => {
  const [name, n, salt, r, p, hash] = encoded.split("$")
  if (name !== algorithm || salt === undefined || hash === undefined || !Encoded.isSalt(salt)) return undefined
  const [workFactor, blockSize, parallelism] = [n, r, p].map((digits) => Encoded.count(digits, maximumMemoryBytes))
  if (workFactor === undefined || blockSize === undefined || parallelism === undefined) return undefined
  return isAffordable({ workFactor, blockSize, parallelism }) ? { workFactor, blockSize, parallelism, salt } : undefined
}

export const format = ({ workFactor, blockSize, parallelism, salt }: Parameters, hashBase64: string): string =>
  `${algorithm}$${workFactor}$${salt}$${blockSize}$${parallelism}$${hashBase64}`

/** Whether a new text fits Django's column. With Django's own parameters it has exactly the length of the column. */
export const fitsColumn = (cost: Cost): boolean =>
  format({ ...cost, salt: "s".repeat(Encoded.saltLength) }, "h".repeat(88)).length <= Encoded.columnLength

/**
 * Whether a password should be hashed again, because its cost differs from the configuration. The salt's length does
 * not matter.
 *
 * @see Django: django.contrib.auth.hashers.ScryptPasswordHasher.must_update
 */
export const mustUpdate = (encoded: string, configured: Cost): boolean => {
  const stored = parse(encoded)
  return (
    stored === undefined ||
    stored.workFactor !== configured.workFactor ||
    stored.blockSize !== configured.blockSize ||
    stored.parallelism !== configured.parallelism
  )
}

/**
 * The cost of an additional hash that takes the work by which a stored text is cheaper than a new hash; `undefined` if
 * it is not cheaper. The missing work is exact if a `parallelism` of up to 64 allows it, otherwise rounded up by less
 * than a 32nd.
 */
export const missingCost = (encoded: string, configured: Cost): Cost | undefined => {
  const stored = parse(encoded)
  const missing = (work(configured) - (stored === undefined ? 0 : work(stored))) / configured.blockSize
  if (missing <= 0) return undefined
  let { workFactor } = configured
  while (workFactor > 2 && missing % workFactor !== 0 && missing <= workFactor * (finestParallelism / 2))
    workFactor /= 2
  return { ...configured, workFactor, parallelism: Math.ceil(missing / workFactor) }
}

/** Each unit of parallelism takes memory of its own, so an additional hash does not use more of them. */
const finestParallelism = 64

const work = ({ workFactor, blockSize, parallelism }: Cost): number => workFactor * blockSize * parallelism
