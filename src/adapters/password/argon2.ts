/** The entry point `latchkey/argon2`. It needs the package `@node-rs/argon2`. */
import { createRequire } from "node:module"
import { loadPackage, requireBesideBundle } from "../options/optional-package.ts"
import type { Hasher } from "../ports/passwords.ts"
import { type Argon2Options, argon2Hasher, deriveWith, isArgon2Library } from "./hashers/argon2-hasher.ts"

export type { Argon2Options } from "./hashers/argon2-hasher.ts"

// Written so that bundlers and file tracers find the package; see loadPackage.
const require = createRequire(import.meta.url ?? __filename)
const loadArgon2 = (): unknown =>
  typeof __webpack_require__ === "function" ? requireBesideBundle("@node-rs/argon2") : require("@node-rs/argon2")

/**
 * The hasher `argon2` (RFC 9106). It writes `argon2id`. It also reads `argon2i`, and hashes of 16 and of 32 bytes.
 * Hashing runs on libuv's threads.
 *
 * - A stored hash may need up to 256 MiB and 16 passes. If it needs more, every password counts as wrong.
 * - After a correct password the hash is written again if its variety, version, cost or length is not the one that this
 *   hasher writes, or if its salt is short.
 * - After a wrong password, if the stored hash is cheaper than a new one, the difference is computed in addition, so
 *   that both take the same time. Django does not do this.
 * - Each running hash holds its memory. With the default cost that is 100 MiB times the `concurrency` of `createAuth`.
 *
 * @throws {ConfigurationInvalid} if a number is invalid or too large, or `@node-rs/argon2` is not installed
 * @see Django: django.contrib.auth.hashers.Argon2PasswordHasher
 */
export const argon2 = (options: Argon2Options = {}): Hasher =>
  argon2Hasher(options, deriveWith(loadPackage("argon2", "@node-rs/argon2", loadArgon2, isArgon2Library)))
