import type { Hasher } from "../interpreter/ports.ts"
import { saltedHasher } from "./digest.ts"

/**
 * `md5`, salted: for tests, whose logins it makes quick, and for reading what such tests left. Anybody who sees the
 * column knows the passwords. A Django reads it only where PASSWORD_HASHERS names it.
 *
 * @see Django: MD5PasswordHasher
 */
export const md5 = (): Hasher => saltedHasher("md5")
