/**
 * Encoded passwords: the text in the password column. The part before the first `$` names the algorithm. A text that
 * starts with `!` is not a password and matches nothing.
 */

/** The characters of salts and of the random part of unusable passwords. Each is chosen with the same probability. */
export const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** Characters of a new salt: the fewest of this alphabet of 62 that give 128 bits. */
export const saltLength = 22

/** Random characters of an unusable password. */
export const unusableLength = 40

/** Characters that Django's password column can hold. */
export const columnLength = 128

const unusablePrefix = "!"

/**
 * Whether the text is not marked as unusable. The algorithm may be unknown.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.hashers.is_password_usable
 */
export const isUsable = (encoded: string): boolean => !encoded.startsWith(unusablePrefix)

/**
 * A text that no password matches. It is different for each user, so their session auth hashes differ too.
 *
 * @param random {@link unusableLength} characters of {@link alphabet}
 * @see Django: django.contrib.auth.hashers.make_password
 */
export const unusable = (random: string): string => unusablePrefix + random

/**
 * The algorithm that a text names, case-sensitive. It may be an unknown one.
 *
 * @returns `undefined` for an unusable or empty text
 * @see Django: django.contrib.auth.hashers.identify_hasher
 */
export const identify = (encoded: string): string | undefined => {
  if (encoded === "" || !isUsable(encoded)) return undefined
  // These two forms are from before Django had salts.
  if (encoded.length === 32 && !encoded.includes("$")) return "unsalted_md5"
  if (encoded.length === 37 && encoded.startsWith("md5$$")) return "unsalted_md5"
  if (encoded.length === 46 && encoded.startsWith("sha1$$")) return "unsalted_sha1"
  const end = encoded.indexOf("$")
  return end === -1 ? encoded : encoded.slice(0, end)
}

/** Whether an encoded password can contain this salt. */
export const isSalt = (salt: string): boolean => salt !== "" && !salt.includes("$")

/**
 * Whether a salt has at least 128 bits, if its characters are random ones of {@link alphabet}. Django before 3.2 wrote
 * 12 characters.
 */
export const saltIsLongEnough = (salt: string): boolean => [...salt].length >= saltLength

/**
 * A number in an encoded password. Leading zeros are accepted here. They fail later, because verification compares
 * whole texts.
 *
 * @returns `undefined` if `digits` is not a whole number from 1 to `maximum`
 */
export const count = (digits: string | undefined, maximum: number): number | undefined => {
  if (digits === undefined || !/^[0-9]+$/.test(digits)) return undefined
  const number = Number(digits)
  return number >= 1 && number <= maximum ? number : undefined
}
