import * as Argon2 from "../../../core/password/argon2-format.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import { checkOptions, number } from "../../options/option-kinds.ts"
import { hasFunction } from "../../options/optional-package.ts"
import type { Hasher } from "../../ports/passwords.ts"
import { hasherOf } from "./recipe.ts"

/** The cost of a hash. If a Django application uses the same database, set the numbers that it uses. */
export interface Argon2Options {
  /** Memory in kibibytes; default 102400, as in Django since 3.2. */
  readonly memoryCost?: number
  /** Number of passes over the memory; default 2. */
  readonly timeCost?: number
  /** Number of lanes (RFC 9106); default 8. */
  readonly parallelism?: number
  /** Length of the hash in bytes: default 32; 16 as written by a Django whose argon2-cffi is 21.1 or older. */
  readonly hashLength?: 16 | 32
}

/** The key derivation function. Tests that count its calls pass another one. */
export type Derive = (password: Uint8Array, parameters: Argon2.Parameters) => Promise<Uint8Array>

/** The part of `@node-rs/argon2` that this hasher uses. */
export interface Argon2Library {
  readonly hashRaw: (
    password: Uint8Array,
    options: {
      readonly memoryCost: number
      readonly timeCost: number
      readonly parallelism: number
      readonly outputLen: number
      readonly salt: Uint8Array
      readonly algorithm: number
      readonly version: number
    }
  ) => Promise<Uint8Array>
}

export const isArgon2Library = (loaded: unknown): loaded is Argon2Library => hasFunction(loaded, "hashRaw")

/** The numbers of the enumerations of `@node-rs/argon2`, which do not exist at run time. */
const libraryVariety: Readonly<Record<Argon2.Variety, number>> = { argon2i: 1, argon2id: 2 }
const libraryVersion: Readonly<Record<Argon2.Parameters["version"], number>> = { 16: 0, 19: 1 }

export const deriveWith =
  ({ hashRaw }: Argon2Library): Derive =>
  (password, { memoryCost, timeCost, parallelism, hashLength, salt, variety, version }) =>
    hashRaw(password, {
      memoryCost,
      timeCost,
      parallelism,
      outputLen: hashLength,
      salt,
      algorithm: libraryVariety[variety],
      version: libraryVersion[version]
    })

export const argon2Hasher = (options: Argon2Options, derive: Derive): Hasher => {
  checkOptions(options, { memoryCost: number, timeCost: number, parallelism: number, hashLength: number }, "argon2.")
  const { memoryCost = 102_400, timeCost = 2, parallelism = 8, hashLength = 32 } = options
  const cost: Argon2.Cost = { memoryCost, timeCost, parallelism, hashLength }
  if (!Argon2.isAffordable(cost))
    throw new ConfigurationInvalid({
      problems: [
        "argon2: memoryCost must be a whole number of KiB from 8 times parallelism to 262144, timeCost from 1 to 16, " +
          "parallelism from 1 to 255, hashLength 16 or 32"
      ]
    })
  const written = (salt: Uint8Array): Argon2.Parameters => ({ ...cost, variety: "argon2id", version: 19, salt })

  return hasherOf<Argon2.Parameters>({
    algorithm: Argon2.algorithm,
    fresh: (text) => {
      const salt = Buffer.from(text)
      return Argon2.isSalt(salt) ? written(salt) : undefined
    },
    parse: Argon2.parse,
    hash: async (password, parameters) => Argon2.format(parameters, await derive(password, parameters)),
    mustUpdate: (encoded) => Argon2.mustUpdate(encoded, cost),
    harden: async (password, encoded) => {
      const missing = Argon2.missingCost(encoded, cost)
      if (missing !== undefined) await derive(password, { ...written(Buffer.from("hardening")), ...missing })
    }
  })
}
