/**
 * The text forms of passwords hashed once with MD5 or SHA-1: `<algorithm>$<salt>$<digest>` with the digest of salt and
 * password in hexadecimal. These are insecure, because a graphics card finds most such passwords. Before Django had
 * salts, it wrote the bare MD5, `md5$$` and the MD5, or `sha1$$` and the SHA-1.
 */
import * as Encoded from "./encoded.ts"

export type Algorithm = "md5" | "sha1"

/** Algorithms that are verified but never written: a user with such a hash can log in once and then gets a new hash. */
export const readOnly: ReadonlyArray<string> = ["sha1", "unsalted_sha1", "unsalted_md5"]

/**
 * Reads the salt of a stored text.
 *
 * @returns the salt; `undefined` for another algorithm or a malformed text
 */
export const parse = (algorithm: Algorithm, encoded: string): string | undefined => {
  const [name, salt, digest] = encoded.split("$")
  return name === algorithm && salt !== undefined && digest !== undefined && Encoded.isSalt(salt) ? salt : undefined
}

export const format = (algorithm: Algorithm, salt: string, digestHex: string): string =>
  `${algorithm}$${salt}$${digestHex}`

/**
 * Whether a password should be hashed again, because its salt is short.
 *
 * @see Django: django.contrib.auth.hashers.MD5PasswordHasher.must_update
 */
export const mustUpdate = (algorithm: Algorithm, encoded: string): boolean => {
  const salt = parse(algorithm, encoded)
  return salt === undefined || !Encoded.saltIsLongEnough(salt)
}

/** The forms of an unsalted digest. The prefix is a part of the stored text, so it is compared too. */
export const unsaltedPrefixes: Readonly<Record<Algorithm, ReadonlyArray<string>>> = {
  md5: ["", "md5$$"],
  sha1: ["sha1$$"]
}
