/**
 * What Django up to 5.0 could read from before there was PBKDF2. Each needs naming, none may be the preferred hasher:
 * whoever logs in gets a hash of that one instead.
 */
import type { Hasher } from "../interpreter/ports.ts"
import { saltedHasher, unsaltedHasher } from "./digest.ts"

/** `sha1$<salt>$<digest>`. @see Django: SHA1PasswordHasher */
export const sha1 = (): Hasher => saltedHasher("sha1")

/** `sha1$$<digest>`. @see Django: UnsaltedSHA1PasswordHasher */
export const unsaltedSha1 = (): Hasher => unsaltedHasher("sha1")

/** 32 hexadecimal digits, or `md5$$` and those. @see Django: UnsaltedMD5PasswordHasher */
export const unsaltedMd5 = (): Hasher => unsaltedHasher("md5")
