import * as Crypto from "node:crypto"
import * as Scrypt from "../../../core/password/scrypt-format.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import { checkOptions, number } from "../../options/option-kinds.ts"
import type { Hasher } from "../../ports/passwords.ts"
import { hasherOf } from "./recipe.ts"

/** The cost of a hash. If a Django application uses the same database, set the numbers that it uses. */
export interface ScryptOptions {
  /** N in RFC 7914, a power of 2; default 16384. With `blockSize` 8 a hash takes N kibibytes of memory. */
  readonly workFactor?: number
  /** r in RFC 7914; default 8. */
  readonly blockSize?: number
  /** p in RFC 7914; default 5, as in Django since 5.1. Older versions use 1. */
  readonly parallelism?: number
}

/**
 * The hasher `scrypt` (RFC 7914), 64 bytes. Hashing runs on libuv's threads. Django has it since 4.0.
 *
 * - With Django's default numbers the encoded text already fills Django's column of 128 characters. So the numbers here
 *   cannot have more digits in all than those.
 * - A stored hash may need up to 256 MiB and a `parallelism` of 16. If it needs more, every password counts as wrong.
 * - After a correct password the hash is written again if its numbers are not the ones given here.
 * - After a wrong password, if the stored hash is cheaper than a new one, the difference is computed in addition, so
 *   that both take the same time. Django does not do this.
 * - Passwords of up to 64 bytes that differ only in trailing NULs are equal, as with PBKDF2, which is the first step of
 *   scrypt.
 *
 * @throws {ConfigurationInvalid} if a number is invalid or too large, or the encoded text would not fit Django's column
 * @see Django: django.contrib.auth.hashers.ScryptPasswordHasher
 */
export const scrypt = (options: ScryptOptions = {}): Hasher => scryptHasher(options)

/** The key derivation function, by default Node's. Tests that count its calls pass another one. */
export type Derive = (password: Uint8Array, salt: string, cost: Scrypt.Cost) => Promise<Buffer>

export const deriveScrypt: Derive = (password, salt, cost) =>
  new Promise((resolve, reject) => {
    const options = {
      N: cost.workFactor,
      r: cost.blockSize,
      p: cost.parallelism,
      // Node's default limit is 32 MiB.
      maxmem: Scrypt.memoryBytes(cost)
    }
    Crypto.scrypt(password, salt, Scrypt.hashLength, options, (error, derived) =>
      error ? reject(error) : resolve(derived)
    )
  })

export const scryptHasher = (options: ScryptOptions, derive: Derive = deriveScrypt): Hasher => {
  checkOptions(options, { workFactor: number, blockSize: number, parallelism: number }, "scrypt.")
  const { workFactor = 16_384, blockSize = 8, parallelism = 5 } = options
  const cost: Scrypt.Cost = { workFactor, blockSize, parallelism }
  if (!Scrypt.isAffordable(cost))
    throw new ConfigurationInvalid({
      problems: [
        "scrypt: workFactor must be a power of 2, blockSize a whole number from 1 to 1024, parallelism from 1 to 16, " +
          "and 128 times workFactor times blockSize at most 256 MiB"
      ]
    })
  if (!Scrypt.fitsColumn(cost))
    throw new ConfigurationInvalid({
      problems: [
        "scrypt: hashes with these numbers do not fit into the 128 characters of Django's column; write smaller numbers"
      ]
    })

  return hasherOf<Scrypt.Parameters>({
    algorithm: Scrypt.algorithm,
    fresh: (salt) => ({ ...cost, salt }),
    parse: Scrypt.parse,
    hash: async (password, parameters) =>
      Scrypt.format(parameters, (await derive(password, parameters.salt, parameters)).toString("base64")),
    mustUpdate: (encoded) => Scrypt.mustUpdate(encoded, cost),
    harden: async (password, encoded) => {
      const missing = Scrypt.missingCost(encoded, cost)
      if (missing !== undefined) await derive(password, "hardening", missing)
    }
  })
}
