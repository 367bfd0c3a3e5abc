/**
 * Hashers for formats from before PBKDF2, which Django up to 5.0 can read. List each one explicitly in `hashers`. None
 * may be the first (preferred) one: at a user's next login the old hash is replaced by one of the preferred hasher.
 */
import type { Hasher } from "../../ports/passwords.ts"
import { saltedHasher, unsaltedHasher } from "./digest-hasher.ts"

/** `sha1$<salt>$<digest>`. @see Django: django.contrib.auth.hashers.SHA1PasswordHasher */
export const sha1 = (): Hasher => saltedHasher("sha1")

/** `sha1$$<digest>`. @see Django: django.contrib.auth.hashers.UnsaltedSHA1PasswordHasher */
export const unsaltedSha1 = (): Hasher => unsaltedHasher("sha1")

/** 32 hexadecimal digits, or `md5$$` and those. @see Django: django.contrib.auth.hashers.UnsaltedMD5PasswordHasher */
export const unsaltedMd5 = (): Hasher => unsaltedHasher("md5")
