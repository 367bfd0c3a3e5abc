/** The entry point `latchkey/bcrypt`. It needs the package `bcrypt`. */
import { createRequire } from "node:module"
import { loadPackage, requireBesideBundle } from "../options/optional-package.ts"
import type { Hasher } from "../ports/passwords.ts"
import { type BcryptOptions, bcryptHasher, type Derive, deriveWith, isBcryptLibrary } from "./hashers/bcrypt-hasher.ts"

export type { BcryptOptions } from "./hashers/bcrypt-hasher.ts"

// Written so that bundlers and file tracers find the package; see loadPackage.
const require = createRequire(import.meta.url ?? __filename)
const loadBcrypt = (): unknown =>
  typeof __webpack_require__ === "function" ? requireBesideBundle("bcrypt") : require("bcrypt")

/**
 * The hasher `bcrypt_sha256`: bcrypt over the hexadecimal SHA-256 of the password, so that passwords may be longer than
 * bcrypt's 72 bytes. Hashing runs on libuv's threads. Django's default PASSWORD_HASHERS contain it.
 *
 * A stored hash may need up to 16 rounds (an exponent: 16 times the work of Django's 12). If it needs more, every
 * password counts as wrong. After a correct password the hash is written again if its number of rounds is not `rounds`.
 *
 * @throws {ConfigurationInvalid} if `rounds` is not a whole number in range, or the package `bcrypt` is not installed
 * @see Django: django.contrib.auth.hashers.BCryptSHA256PasswordHasher
 */
export const bcryptSha256 = (options: BcryptOptions = {}): Hasher =>
  bcryptHasher("bcrypt_sha256", options, load("bcryptSha256"))

/**
 * The hasher plain `bcrypt`. bcrypt ignores everything after the first 72 bytes of a password, so two passwords that
 * differ only after that would be equal. So a password of more than 72 bytes, or with a NUL in it, always counts as
 * wrong. It cannot be set if this is the preferred hasher. A Django with a bcrypt library older than 5 accepted such
 * passwords and cut them to 72 bytes: those users need a new password.
 *
 * Django's default PASSWORD_HASHERS do not contain it: a Django reads these hashes only if its PASSWORD_HASHERS name
 * it. Prefer {@link bcryptSha256}.
 *
 * @throws {ConfigurationInvalid} if `rounds` is not a whole number in range, or the package `bcrypt` is not installed
 * @see Django: django.contrib.auth.hashers.BCryptPasswordHasher
 */
export const bcrypt = (options: BcryptOptions = {}): Hasher => bcryptHasher("bcrypt", options, load("bcrypt"))

const load = (hasher: string): Derive => deriveWith(loadPackage(hasher, "bcrypt", loadBcrypt, isBcryptLibrary))
