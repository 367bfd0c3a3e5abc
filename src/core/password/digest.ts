/**
 * The text forms of single digests, which anybody with a graphics card reverses: `<algorithm>$<salt>$<digest>` in
 * hexadecimal, the digest of salt and password together. Before Django had salts: the bare MD5, `md5$$` and it, or
 * `sha1$$` and the SHA-1.
 */
import * as Encoded from "./encoded.ts"

export type Algorithm = "md5" | "sha1"

/** What is read so that its users can log in once and get a hash that is none of these, and is never written. */
export const readOnly: ReadonlyArray<string> = ["sha1", "unsalted_sha1", "unsalted_md5"]

/** @returns the salt; `undefined` for another algorithm or a malformed text */
export const parse = (algorithm: Algorithm, encoded: string): string | undefined => {
  const [name, salt, digest] = encoded.split("$")
  return name === algorithm && salt !== undefined && digest !== undefined && Encoded.isSalt(salt) ? salt : undefined
}

export const format = (algorithm: Algorithm, salt: string, digestHex: string): string =>
  `${algorithm}$${salt}$${digestHex}`

/** @see Django: MD5PasswordHasher.must_update */
export const mustUpdate = (algorithm: Algorithm, encoded: string): boolean => {
  const salt = parse(algorithm, encoded)
  return salt === undefined || !Encoded.saltIsLongEnough(salt)
}

/** The forms that an unsalted digest was written in. The prefix is a part of the text, so it is compared too. */
export const unsaltedPrefixes: Readonly<Record<Algorithm, ReadonlyArray<string>>> = {
  md5: ["", "md5$$"],
  sha1: ["sha1$$"]
}
