/**
 * Reads the Cookie header as Django does, in linear time:
 *
 * - The header is split at `;`, and each piece at its first `=`.
 * - A piece without `=` is the value of a cookie with an empty name.
 * - If a name occurs several times, the last cookie counts.
 * - Quoted values are unquoted. Nothing is percent-decoded.
 *
 * The header is Latin-1 text: one character for each byte. The values stay in this form.
 *
 * @see Django: django.http.cookie.parse_cookie
 */
import { isSpace, trim } from "../headers/white-space.ts"

/** All cookies by name. Names are case-sensitive. */
export const parseCookies = (header: string): ReadonlyMap<string, string> => {
  const cookies = new Map<string, string>()
  for (const piece of header.split(";")) {
    const { name, value } = split(piece)
    if (name !== "" || value !== "") cookies.set(name, unquoted(value))
  }
  return cookies
}

/** `parseCookies(header).get(name)`, without reading the other cookies. */
export const cookieValue = (header: string, name: string): string | undefined => {
  if (!isToken(name)) return parseCookies(header).get(name)
  // Searches backwards, because the last cookie of a name counts.
  for (let at = header.lastIndexOf(name); at >= 0; at = at === 0 ? -1 : header.lastIndexOf(name, at - 1)) {
    let start = at
    while (start > 0 && isSpace(header.charCodeAt(start - 1))) start--
    if (start > 0 && header.charAt(start - 1) !== ";") continue
    let equals = at + name.length
    while (isSpace(header.charCodeAt(equals))) equals++
    if (header.charAt(equals) !== "=") continue
    const end = header.indexOf(";", equals)
    return unquoted(trim(header, equals + 1, end < 0 ? header.length : end))
  }
  return undefined
}

/** Valid cookie names. Any other name could only be found by splitting and trimming all pieces. */
const isToken = (name: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(name)

const split = (piece: string): { readonly name: string; readonly value: string } => {
  const equals = piece.indexOf("=")
  return equals < 0
    ? { name: "", value: trim(piece) }
    : { name: trim(piece.slice(0, equals)), value: trim(piece.slice(equals + 1)) }
}

const quote = 0x22

/** Unquotes `"…"`, where `\ooo` is a byte in octal and `\c` is any other character. */
const unquoted = (value: string): string =>
  value.length >= 2 && value.charCodeAt(0) === quote && value.charCodeAt(value.length - 1) === quote
    ? value
        .slice(1, -1)
        .replace(/\\(?:([0-3][0-7][0-7])|([^\n]))/g, (_, octal: string | undefined, character: string | undefined) =>
          octal === undefined ? (character ?? "") : String.fromCharCode(Number.parseInt(octal, 8))
        )
    : value
