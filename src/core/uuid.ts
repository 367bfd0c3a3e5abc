/**
 * The UUID that a text spells, in its canonical form: lowercase, with hyphens. Python takes it in braces too, without
 * hyphens, in capitals, and with `urn:uuid:` in front.
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

/** Room for `urn:uuid:{…}`; longer texts that Python would take are not read. */
const longestSpelling = 64

/** Whether two texts are the id of one user: the same, or two spellings of one UUID. */
export const isSameId = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && uuidOf(a) !== undefined && uuidOf(a) === uuidOf(b))
