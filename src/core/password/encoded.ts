/**
 * Encoded passwords: the text in the password column. What stands before the first `$` names the algorithm; a text
 * that starts with `!` is no password at all and matches nothing.
 */

/** What salts and the random part of unusable passwords are drawn from, each character uniformly. */
export const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** Characters of a new salt: the smallest count of 62 that reaches 128 bits. */
export const saltLength = 22

/** Random characters of an unusable password. */
export const unusableLength = 40

/** Characters that Django's password column holds. */
export const columnLength = 128

const unusablePrefix = "!"

/** @see Django: is_password_usable */
export const isUsable = (encoded: string): boolean => !encoded.startsWith(unusablePrefix)

/**
 * A text that no password matches, and that no two users share, so that no session auth hash repeats either.
 *
 * @param random {@link unusableLength} characters of {@link alphabet}
 * @see Django: make_password(None)
 */
export const unusable = (random: string): string => unusablePrefix + random

/**
 * The algorithm that a text claims to be of, case-sensitive. Whether anybody knows it is another question.
 *
 * @returns `undefined` for an unusable or empty text
 * @see Django: identify_hasher
 */
export const identify = (encoded: string): string | undefined => {
  if (encoded === "" || !isUsable(encoded)) return undefined
  // These two were written before Django had salts.
  if (encoded.length === 32 && !encoded.includes("$")) return "unsalted_md5"
  if (encoded.length === 37 && encoded.startsWith("md5$$")) return "unsalted_md5"
  if (encoded.length === 46 && encoded.startsWith("sha1$$")) return "unsalted_sha1"
  const end = encoded.indexOf("$")
  return end === -1 ? encoded : encoded.slice(0, end)
}

/** Whether a salt may stand in an encoded password. */
export const isSalt = (salt: string): boolean => salt !== "" && !salt.includes("$")

/** Whether a salt holds 128 bits, were it drawn from {@link alphabet}. Django before 3.2 wrote 12 characters. */
export const saltIsLongEnough = (salt: string): boolean => [...salt].length >= saltLength

/**
 * A number in an encoded password. Leading zeros are read, and fail later: whoever verifies compares whole texts.
 *
 * @returns `undefined` for what is no whole number from 1 to `maximum`
 */
export const count = (digits: string | undefined, maximum: number): number | undefined => {
  if (digits === undefined || !/^[0-9]+$/.test(digits)) return undefined
  const number = Number(digits)
  return number >= 1 && number <= maximum ? number : undefined
}
