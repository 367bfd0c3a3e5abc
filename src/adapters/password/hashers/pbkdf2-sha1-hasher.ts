import type { Hasher } from "../../ports/passwords.ts"
import { type Pbkdf2Options, pbkdf2Hasher, type Variant } from "./pbkdf2-hasher.ts"

/**
 * The hasher `pbkdf2_sha1`: PBKDF2 with HMAC-SHA1, 20 bytes. Use it to read hashes of older applications. It is the
 * second of Django's default PASSWORD_HASHERS. Apart from that the documentation of `pbkdf2Sha256` applies.
 *
 * @throws {ConfigurationInvalid} if `iterations` is not a whole number in range
 * @see Django: django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher
 */
export const pbkdf2Sha1 = (options: Pbkdf2Options = {}): Hasher => pbkdf2Hasher(sha1, options)

export const sha1: Variant = { algorithm: "pbkdf2_sha1", digest: "sha1", length: 20 }
