/**
 * Character classes as Python defines them. Rules for passwords and names use them, so that this library and Django
 * agree.
 */

/** Letters, numbers of any kind, underscore: Python's `\w`. Combining marks are not included. */
export const word = "\\p{L}\\p{N}_"

/**
 * Unicode's Numeric_Type=Digit, such as superscripts and circled digits. JavaScript knows only Decimal (`\p{Nd}`). The
 * list is complete, because Unicode adds no more characters to this class (UAX #44).
 */
const digits =
  "\\u{B2}\\u{B3}\\u{B9}\\u{1369}-\\u{1371}\\u{19DA}\\u{2070}\\u{2074}-\\u{2079}\\u{2080}-\\u{2089}" +
  "\\u{2460}-\\u{2468}\\u{2474}-\\u{247C}\\u{2488}-\\u{2490}\\u{24EA}\\u{24F5}-\\u{24FD}\\u{24FF}" +
  "\\u{2776}-\\u{277E}\\u{2780}-\\u{2788}\\u{278A}-\\u{2792}\\u{10A40}-\\u{10A43}\\u{10E60}-\\u{10E68}" +
  "\\u{11052}-\\u{1105A}\\u{1F100}-\\u{1F10A}"

const onlyDigits = new RegExp(`^[\\p{Nd}${digits}]+$`, "u")

/** Whether a text is not empty and has only digits: Python's `isdigit`. */
export const isDigits = (text: string): boolean => onlyDigits.test(text)

/** Removes the white space that Python's `strip` removes. JavaScript's `trim` removes other characters. */
export const strip = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charAt(start))) start++
  while (end > start && isSpace(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

/** @see Python: str.isspace: Unicode's White_Space and the four information separators */
const isSpace = (character: string): boolean =>
  /\p{White_Space}/u.test(character) || (character >= "\x1c" && character <= "\x1f")
