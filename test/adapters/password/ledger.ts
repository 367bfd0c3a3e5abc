import { createRequire } from "node:module"
import * as Argon2 from "../../../src/adapters/password/hashers/argon2-hasher.ts"
import * as Bcrypt from "../../../src/adapters/password/hashers/bcrypt-hasher.ts"
import {
  type Derive,
  derivePbkdf2,
  pbkdf2Hasher,
  sha256
} from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { sha1 } from "../../../src/adapters/password/hashers/pbkdf2-sha1-hasher.ts"
import { deriveScrypt, type ScryptOptions, scryptHasher } from "../../../src/adapters/password/hashers/scrypt-hasher.ts"
import type { Hasher } from "../../../src/adapters/ports/passwords.ts"

const require = createRequire(import.meta.url)
const deriveArgon2 = Argon2.deriveWith(require("@node-rs/argon2"))
const deriveBcrypt = Bcrypt.deriveWith(require("bcrypt"))

/** Work by its kind: iterations per digest; N times r times p; KiB times passes; 2 to the power of the rounds. */
export type Work = Readonly<Record<string, number>>

/** Real hashers that record the work they do. */
export class Ledger {
  readonly #work = new Map<string, number>()

  #book(kind: string, units: number): void {
    this.#work.set(kind, (this.#work.get(kind) ?? 0) + units)
  }

  readonly #pbkdf2: Derive = (password, salt, iterations, length, digest) => {
    this.#book(digest, iterations)
    return derivePbkdf2(password, salt, iterations, length, digest)
  }

  sha256(iterations: number): Hasher {
    return pbkdf2Hasher(sha256, { iterations }, this.#pbkdf2)
  }

  sha1(iterations: number): Hasher {
    return pbkdf2Hasher(sha1, { iterations }, this.#pbkdf2)
  }

  scrypt(options: ScryptOptions): Hasher {
    return scryptHasher(options, (password, salt, cost) => {
      this.#book("scrypt", cost.workFactor * cost.blockSize * cost.parallelism)
      return deriveScrypt(password, salt, cost)
    })
  }

  argon2(options: Argon2.Argon2Options): Hasher {
    return Argon2.argon2Hasher(options, (password, parameters) => {
      this.#book("argon2", parameters.memoryCost * parameters.timeCost)
      return deriveArgon2(password, parameters)
    })
  }

  bcrypt(algorithm: "bcrypt" | "bcrypt_sha256", rounds: number): Hasher {
    return Bcrypt.bcryptHasher(algorithm, { rounds }, (password, parameters) => {
      this.#book("bcrypt", 2 ** parameters.rounds)
      return deriveBcrypt(password, parameters)
    })
  }

  /** The work since the last call. */
  take(): Work {
    const work = Object.fromEntries(this.#work)
    this.#work.clear()
    return work
  }
}
