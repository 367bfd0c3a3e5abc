import { createHash } from "node:crypto"
import * as Bcrypt from "../../../core/password/bcrypt-format.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import { checkOptions, number } from "../../options/option-kinds.ts"
import { hasFunction } from "../../options/optional-package.ts"
import type { Hasher } from "../../ports/passwords.ts"
import { hasherOf } from "./recipe.ts"

/** The cost of a hash. */
export interface BcryptOptions {
  /** The base-2 logarithm of the work, from 4 to 16; default 12, as in Django. */
  readonly rounds?: number
}

/** The key derivation function: returns `$2b$`, rounds, salt and hash. Tests that count its calls pass another one. */
export type Derive = (password: Uint8Array, parameters: Bcrypt.Parameters) => Promise<string>

/** The part of the package `bcrypt` that this hasher uses. */
export interface BcryptLibrary {
  readonly hash: (password: Buffer, salt: string) => Promise<string>
}

export const isBcryptLibrary = (loaded: unknown): loaded is BcryptLibrary => hasFunction(loaded, "hash")

export const deriveWith =
  ({ hash }: BcryptLibrary): Derive =>
  (password, parameters) =>
    hash(Buffer.from(password), Bcrypt.librarySalt(parameters))

/** The salt where only the work matters, and the result is discarded. */
const anySalt = { version: "2b", salt: "......................" }

/** The hasher for `bcrypt` or `bcrypt_sha256`. */
export const bcryptHasher = (algorithm: Bcrypt.Algorithm, options: BcryptOptions, derive: Derive): Hasher => {
  checkOptions(options, { rounds: number }, `${algorithm}.`)
  const { rounds = 12 } = options
  if (!Number.isInteger(rounds) || rounds < Bcrypt.minimumRounds || rounds > Bcrypt.maximumRounds)
    throw new ConfigurationInvalid({
      problems: [`${algorithm}: rounds must be a whole number from ${Bcrypt.minimumRounds} to ${Bcrypt.maximumRounds}`]
    })

  const keyOf = (password: Uint8Array): Uint8Array =>
    algorithm === "bcrypt"
      ? password.subarray(0, Bcrypt.maximumBytes)
      : Buffer.from(createHash("sha256").update(password).digest("hex"))

  return hasherOf<Bcrypt.Parameters>({
    algorithm,
    fresh: (text) => {
      const salt = Bcrypt.saltOf(text)
      return salt === undefined ? undefined : { version: "2b", rounds, salt }
    },
    parse: (encoded) => Bcrypt.parse(algorithm, encoded),
    hash: async (password, parameters) => {
      const encoded = Bcrypt.format(algorithm, parameters, await derive(keyOf(password), parameters))
      return algorithm === "bcrypt" && !Bcrypt.isDistinct(password) ? undefined : encoded
    },
    mustUpdate: (encoded) => Bcrypt.mustUpdate(algorithm, encoded, rounds),
    harden: async (password, encoded) => {
      for (const missing of Bcrypt.missingRounds(algorithm, encoded, rounds))
        await derive(keyOf(password), { ...anySalt, rounds: missing })
    }
  })
}
