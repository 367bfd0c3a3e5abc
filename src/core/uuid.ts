/**
 * The canonical form of a UUID: lower case, with hyphens. Python also accepts UUIDs in braces, without hyphens, in
 * capitals, or with `urn:uuid:` in front.
 *
 * @returns `undefined` for any other text
 * @see Python: uuid.UUID
 */
export const uuidOf = (text: string): string | undefined => {
  if (text.length > longestSpelling) return undefined
  const digits = text
    .replaceAll("urn:", "")
    .replaceAll("uuid:", "")
    .replace(/^[{}]+|[{}]+$/g, "")
    .replaceAll("-", "")
  return /^[0-9a-f]{32}$/i.test(digits)
    ? digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
    : undefined
}

/** Long enough for `urn:uuid:{…}`. Python accepts some longer texts; they are not read here. */
const longestSpelling = 64

/** Whether two texts are the id of the same user: equal texts, or two forms of the same UUID. */
export const isSameId = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && uuidOf(a) !== undefined && uuidOf(a) === uuidOf(b))
