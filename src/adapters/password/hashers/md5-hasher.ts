import type { Hasher } from "../../ports/passwords.ts"
import { saltedHasher } from "./digest-hasher.ts"

/**
 * The hasher `md5`, salted. Use it only in tests, where it makes logins fast, or to read hashes that such tests wrote.
 * It is not secure: an attacker who can read the hashes can find out the passwords. A Django reads these hashes only if
 * its PASSWORD_HASHERS name it.
 *
 * @see Django: django.contrib.auth.hashers.MD5PasswordHasher
 */
export const md5 = (): Hasher => saltedHasher("md5")
