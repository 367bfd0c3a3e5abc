import { pbkdf2 } from "node:crypto"
import { promisify } from "node:util"
import { type Derive, pbkdf2Hasher, type Variant } from "../../../src/adapters/hasher/pbkdf2.ts"
import type { Hasher } from "../../../src/adapters/interpreter/ports.ts"

const derive = promisify(pbkdf2)

const sha256: Variant = { algorithm: "pbkdf2_sha256", digest: "sha256", length: 32 }
const sha1: Variant = { algorithm: "pbkdf2_sha1", digest: "sha1", length: 20 }

/** Real hashers that keep a book of the work they do: iterations per digest. */
export class Ledger {
  readonly #iterations = new Map<string, number>()

  readonly #derive: Derive = (password, salt, iterations, length, digest) => {
    this.#iterations.set(digest, (this.#iterations.get(digest) ?? 0) + iterations)
    return derive(password, salt, iterations, length, digest)
  }

  sha256(iterations: number): Hasher {
    return pbkdf2Hasher(sha256, { iterations }, this.#derive)
  }

  sha1(iterations: number): Hasher {
    return pbkdf2Hasher(sha1, { iterations }, this.#derive)
  }

  /** The work since the last call. */
  take(): Readonly<Record<string, number>> {
    const work = Object.fromEntries(this.#iterations)
    this.#iterations.clear()
    return work
  }
}
