import type { Hasher } from "../interpreter/ports.ts"
import { type Pbkdf2Options, pbkdf2Hasher, type Variant } from "./pbkdf2.ts"

/**
 * `pbkdf2_sha1`: PBKDF2 with HMAC-SHA1, 20 bytes. For reading what older applications wrote; Django's own list has it
 * second. Everything said of `pbkdf2Sha256` holds.
 *
 * @throws {ConfigurationInvalid} when `iterations` is no whole number in range
 * @see Django: PBKDF2SHA1PasswordHasher
 */
export const pbkdf2Sha1 = (options: Pbkdf2Options = {}): Hasher => pbkdf2Hasher(sha1, options)

export const sha1: Variant = { algorithm: "pbkdf2_sha1", digest: "sha1", length: 20 }
