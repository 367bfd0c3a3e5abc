/** The door `latchkey/argon2`. It needs the package `@node-rs/argon2`. */
import { createRequire } from "node:module"
import type { Hasher } from "../interpreter/ports.ts"
import { loadPackage, requireBesideBundle } from "../optional-package.ts"
import { type Argon2Options, argon2Hasher, deriveWith, isArgon2Library } from "./argon2-hasher.ts"

export type { Argon2Options } from "./argon2-hasher.ts"

// The forms that bundlers and tracers of files understand; see loadPackage.
const require = createRequire(import.meta.url ?? __filename)
const loadArgon2 = (): unknown =>
  typeof __webpack_require__ === "function" ? requireBesideBundle("@node-rs/argon2") : require("@node-rs/argon2")

/**
 * `argon2` (RFC 9106): writes `argon2id`, reads `argon2i` too, with hashes of 16 and of 32 bytes; on libuv's threads.
 *
 * What is stored may ask for up to 256 MiB and 16 passes; more is a wrong password. A correct password with another
 * variety, version, cost or length than would be written, or a short salt, is to be written anew; a wrong one costs
 * what the stored text lacks on top, which Django does not do. Each hash that runs holds its memory: 100 MiB times the
 * `concurrency` of `createAuth`.
 *
 * @throws {ConfigurationInvalid} when the numbers make no sense or cost too much, or `@node-rs/argon2` is not installed
 * @see Django: Argon2PasswordHasher
 */
export const argon2 = (options: Argon2Options = {}): Hasher =>
  argon2Hasher(options, deriveWith(loadPackage("argon2", "@node-rs/argon2", loadArgon2, isArgon2Library)))
