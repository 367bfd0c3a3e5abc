import * as Crypto from "node:crypto"
import { promisify } from "node:util"
import * as Scrypt from "../../core/password/scrypt.ts"
import { ConfigurationInvalid } from "../interpreter/errors.ts"
import type { Hasher } from "../interpreter/ports.ts"
import { checkOptions, number } from "../option-kinds.ts"
import { hasherOf } from "./recipe.ts"

/** What a hash costs. A shared database wants the numbers of the Django that it is shared with. */
export interface ScryptOptions {
  /** RFC 7914's N, a power of 2; default 16384. With `blockSize` 8, one hash takes a kibibyte for each. */
  readonly workFactor?: number
  /** RFC 7914's r; default 8. */
  readonly blockSize?: number
  /** RFC 7914's p; default 5, as Django since 5.1; before, it wrote 1. */
  readonly parallelism?: number
}

/**
 * `scrypt` (RFC 7914), 64 bytes, on libuv's threads. Django has it since 4.0.
 *
 * Django's column of 128 characters is filled to the last by its own numbers, so no more digits than in those can be
 * written. What is stored may ask for up to 256 MiB and a `parallelism` of 16; more is a wrong password. A correct
 * password with other numbers than these is to be written anew; a wrong one costs what the stored text lacks on top,
 * which Django does not do. Passwords of up to 64 bytes that differ only in trailing NULs are equal, as with PBKDF2, with
 * which scrypt begins.
 *
 * @throws {ConfigurationInvalid} when the numbers make no sense, cost too much, or would not fit the column
 * @see Django: ScryptPasswordHasher
 */
export const scrypt = (options: ScryptOptions = {}): Hasher => scryptHasher(options)

/** The key derivation itself; Node's by default. A caller that counts work passes its own. */
export type Derive = (password: Uint8Array, salt: string, cost: Scrypt.Cost) => Promise<Buffer>

const nodeScrypt = promisify<Uint8Array, string, number, Crypto.ScryptOptions, Buffer>(Crypto.scrypt)

export const deriveScrypt: Derive = (password, salt, cost) =>
  nodeScrypt(password, salt, Scrypt.hashLength, {
    N: cost.workFactor,
    r: cost.blockSize,
    p: cost.parallelism,
    // Node's own bound is 32 MiB.
    maxmem: Scrypt.memoryBytes(cost)
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
      problems: ["scrypt: hashes with these numbers are longer than the 128 characters of Django's column"]
    })

  return hasherOf<Scrypt.Parameters>({
    algorithm: Scrypt.algorithm,
    fresh: (salt) => ({ ...cost, salt }),
    parse: Scrypt.parse,
    hash: async (password, parameters) =>
      Scrypt.format(parameters, (await derive(password, parameters.salt, parameters)).toString("base64")),
    mustUpdate: (encoded) => Scrypt.mustUpdate(encoded, cost),
    harden: async (password, encoded) => {
      const missing = Scrypt.missingParallelism(encoded, cost)
      if (missing > 0) await derive(password, "hardening", { ...cost, parallelism: missing })
    }
  })
}
