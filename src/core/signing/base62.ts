/** Integers in base 62, for the timestamps of signed texts. The digits are 0-9, then A-Z, then a-z. */

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** @param integer a safe integer */
export const encode = (integer: number): string => {
  if (integer < 0) return `-${encode(-integer)}`
  let text = ""
  let rest = integer
  do {
    text = digits.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  } while (rest > 0)
  return text
}

/**
 * Reads an integer in base 62.
 *
 * @returns `undefined` for an empty text or one with another character. Integers beyond 2^53 are rounded, very large
 * ones to infinity.
 */
export const decode = (text: string): number | undefined => {
  if (text === "") return undefined
  if (text.startsWith("-")) return decodeDigits(text.slice(1), -1)
  return decodeDigits(text, 1)
}

const decodeDigits = (text: string, sign: 1 | -1): number | undefined => {
  let integer = 0
  for (const character of text) {
    const digit = digits.indexOf(character)
    if (digit < 0) return undefined
    integer = integer * 62 + digit
  }
  return integer === 0 ? 0 : sign * integer
}
