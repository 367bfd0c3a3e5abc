/**
 * Removes the ASCII white space that Python's `strip` removes. Characters beyond ASCII stay: header values are Latin-1,
 * so a U+00A0 in them may be a part of a UTF-8 character.
 *
 * @param from where the text begins
 * @param to where it ends
 */
export const trim = (text: string, from = 0, to = text.length): string => {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** Whether a UTF-16 unit is such white space. */
export const isSpace = (unit: number): boolean =>
  unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || (unit >= 0x1c && unit <= 0x1f)
