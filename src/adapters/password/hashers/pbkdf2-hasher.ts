import { pbkdf2, pbkdf2Sync } from "node:crypto"
import * as Pbkdf2 from "../../../core/password/pbkdf2-format.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import { checkOptions, number } from "../../options/option-kinds.ts"
import type { Hasher } from "../../ports/passwords.ts"
import { hasherOf } from "./recipe.ts"

/** The cost of a hash. */
export interface Pbkdf2Options {
  /**
   * From 1 to 10,000,000; default 1,000,000. If a Django application uses the same database, set the number that it
   * uses.
   */
  readonly iterations?: number
}

/** As Django 5.2. */
const defaultIterations = 1_000_000

/**
 * Django's default hasher, `pbkdf2_sha256`: PBKDF2 with HMAC-SHA256, 32 bytes. Hashing runs on libuv's threads
 * (fewer than 100 iterations, as in tests, do not).
 *
 * After a correct password the hash is written again if its number of iterations is higher or lower than `iterations`.
 * So two applications on one database must use the same number. Otherwise they rewrite each other's hashes at every
 * login. The session auth hash depends on the password hash, so each rewrite also ends the user's other sessions.
 * Django 4.2 uses 600,000 iterations, Django 5.2 1,000,000 (the default here), Django 6.0 1,200,000. `djangoHashers`
 * has the number of every version.
 *
 * A password with a lone surrogate, or of more than 4096 bytes, is always wrong, and `encode` rejects it. HMAC pads its
 * key with zeros (RFC 2104 section 2), so passwords of up to 64 bytes that differ only in trailing NULs are equal, as
 * in Django.
 *
 * @throws {ConfigurationInvalid} if `iterations` is not a whole number in range
 * @see Django: django.contrib.auth.hashers.PBKDF2PasswordHasher
 */
export const pbkdf2Sha256 = (options: Pbkdf2Options = {}): Hasher => pbkdf2Hasher(sha256, options)

export interface Variant {
  readonly algorithm: string
  /** The name of the digest in OpenSSL. */
  readonly digest: string
  /** Length of the hash in bytes. */
  readonly length: number
}

export const sha256: Variant = { algorithm: "pbkdf2_sha256", digest: "sha256", length: 32 }

/** The key derivation function, by default Node's. Tests that count its calls pass another one. */
export type Derive = (
  password: Uint8Array,
  salt: string,
  iterations: number,
  length: number,
  digest: string
) => Promise<Buffer>

const deriveOnThread: Derive = (password, salt, iterations, length, digest) =>
  new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, length, digest, (error, derived) => (error ? reject(error) : resolve(derived)))
  })

/** So few iterations, as tests use them, take less time than handing the work to another thread. */
const handedOverFrom = 100

export const derivePbkdf2: Derive = async (password, salt, iterations, length, digest) =>
  iterations < handedOverFrom
    ? pbkdf2Sync(password, salt, iterations, length, digest)
    : deriveOnThread(password, salt, iterations, length, digest)

/** The hasher for a PBKDF2 variant. */
export const pbkdf2Hasher = (
  { algorithm, digest, length }: Variant,
  options: Pbkdf2Options,
  derive: Derive = derivePbkdf2
): Hasher => {
  checkOptions(options, { iterations: number }, `${algorithm}.`)
  const { iterations = defaultIterations } = options
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > Pbkdf2.maximumIterations)
    throw new ConfigurationInvalid({
      problems: [`${algorithm}: iterations must be a whole number from 1 to ${Pbkdf2.maximumIterations}`]
    })

  return hasherOf<Pbkdf2.Parameters>({
    algorithm,
    fresh: (salt) => ({ iterations, salt }),
    parse: (encoded) => Pbkdf2.parse(algorithm, encoded),
    hash: async (password, parameters) => {
      const derived = await derive(password, parameters.salt, parameters.iterations, length, digest)
      return Pbkdf2.format(algorithm, parameters, derived.toString("base64"))
    },
    mustUpdate: (encoded) => Pbkdf2.mustUpdate(algorithm, encoded, iterations),
    harden: async (password, encoded) => {
      const missing = Pbkdf2.missingIterations(algorithm, encoded, iterations)
      if (missing > 0) await derive(password, "hardening", missing, length, digest)
    }
  })
}
