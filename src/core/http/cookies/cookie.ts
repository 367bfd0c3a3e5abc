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
  // Only a piece that is split and trimmed could have such a name.
  if (name === "" || isSpace(name.charCodeAt(name.length - 1))) return parseCookies(header).get(name)
  const first = name.charCodeAt(0)
  let from = -1
  let to = 0
  // The last cookie of a name counts.
  for (let at = 0, end = 0; at <= header.length; at = end + 1) {
    end = header.indexOf(";", at)
    if (end < 0) end = header.length
    while (isSpace(header.charCodeAt(at))) at++
    if (header.charCodeAt(at) !== first || !header.startsWith(name, at)) continue
    let equals = at + name.length
    while (isSpace(header.charCodeAt(equals))) equals++
    // A name in a header ends before the first `=`, and its piece before the first `;`.
    if (equals >= end || header.charCodeAt(equals) !== equalsSign || name.includes("=")) continue
    from = equals + 1
    to = end
  }
  return from < 0 ? undefined : unquoted(trim(header, from, to))
}

const split = (piece: string): { readonly name: string; readonly value: string } => {
  const equals = piece.indexOf("=")
  return equals < 0
    ? { name: "", value: trim(piece) }
    : { name: trim(piece.slice(0, equals)), value: trim(piece.slice(equals + 1)) }
}

const quote = 0x22
const equalsSign = 0x3d

/** Unquotes `"…"`, where `\ooo` is a byte in octal and `\c` is any other character. */
const unquoted = (value: string): string =>
  value.length >= 2 && value.charCodeAt(0) === quote && value.charCodeAt(value.length - 1) === quote
    ? value
        .slice(1, -1)
        .replace(/\\(?:([0-3][0-7][0-7])|([^\n]))/g, (_, octal: string | undefined, character: string | undefined) =>
          octal === undefined ? (character ?? "") : String.fromCharCode(Number.parseInt(octal, 8))
        )
    : value
