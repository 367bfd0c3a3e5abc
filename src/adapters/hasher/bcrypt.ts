/** The door `latchkey/bcrypt`. It needs the package `bcrypt`. */
import { createRequire } from "node:module"
import type { Hasher } from "../interpreter/ports.ts"
import { loadPackage, requireBesideBundle } from "../optional-package.ts"
import { type BcryptOptions, bcryptHasher, type Derive, deriveWith, isBcryptLibrary } from "./bcrypt-hasher.ts"

export type { BcryptOptions } from "./bcrypt-hasher.ts"

// The forms that bundlers and tracers of files understand; see loadPackage.
const require = createRequire(import.meta.url ?? __filename)
const loadBcrypt = (): unknown =>
  typeof __webpack_require__ === "function" ? requireBesideBundle("bcrypt") : require("bcrypt")

/**
 * `bcrypt_sha256`: bcrypt over the hexadecimal SHA-256 of the password, so that its length does not matter; on libuv's
 * threads. In Django's own list.
 *
 * What is stored may ask for up to 16 rounds (as an exponent: 16 times the work of Django's 12); more is a wrong
 * password. A correct password with other rounds is to be written anew.
 *
 * @throws {ConfigurationInvalid} when `rounds` is no whole number in range, or the package `bcrypt` is not installed
 * @see Django: BCryptSHA256PasswordHasher
 */
export const bcryptSha256 = (options: BcryptOptions = {}): Hasher =>
  bcryptHasher("bcrypt_sha256", options, load("bcryptSha256"))

/**
 * Plain `bcrypt`, which reads 72 bytes of a password and stops. Two passwords that differ later would be equal, so one
 * of more than 72 bytes, or with a NUL in it, is wrong whatever is stored, and cannot be set where this is the
 * preferred hasher. A Django with a bcrypt library older than 5 let such passwords in, cut to 72 bytes: those users
 * need a new one.
 *
 * Not in Django's own list: a Django reads it only where PASSWORD_HASHERS names it. Prefer {@link bcryptSha256}.
 *
 * @throws {ConfigurationInvalid} when `rounds` is no whole number in range, or the package `bcrypt` is not installed
 * @see Django: BCryptPasswordHasher
 */
export const bcrypt = (options: BcryptOptions = {}): Hasher => bcryptHasher("bcrypt", options, load("bcrypt"))

const load = (hasher: string): Derive => deriveWith(loadPackage(hasher, "bcrypt", loadBcrypt, isBcryptLibrary))
