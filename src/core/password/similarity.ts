/** How similar a password is to a known value of its owner. Lengths are in code points. */

/** The characters of a text, without their order. Counted once, then compared with several texts. */
export interface Counted {
  readonly length: number
  /** How often each character occurs. */
  readonly counts: ReadonlyMap<string, number>
}

export const counted = (text: string): Counted => {
  const counts = new Map<string, number>()
  let length = 0
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1)
    length += 1
  }
  return { length, counts }
}

/**
 * The share of common characters, in any order: twice their number divided by the number of all characters. The result
 * is 1 for a text and its reverse, and for two empty texts. It is an upper bound of the ratio of an alignment of the
 * two.
 *
 * @see Python: difflib.SequenceMatcher.quick_ratio
 */
export const quickRatio = (a: Counted, b: Counted): number => {
  const total = a.length + b.length
  if (total === 0) return 1
  const [fewer, more] = a.counts.size < b.counts.size ? [a, b] : [b, a]
  let common = 0
  for (const [character, count] of fewer.counts) common += Math.min(count, more.counts.get(character) ?? 0)
  return (2 * common) / total
}

/**
 * Whether the lengths alone show that {@link quickRatio} is below the maximum. This counts no characters, so a text of
 * a very different length is excluded fast.
 *
 * @param units the length of the other text in UTF-16 units, which is at most twice its code points
 */
export const isOutOfReach = ({ length }: Counted, units: number, maximum: number): boolean =>
  units < length
    ? (2 * units) / (length + units) < maximum
    : (2 * length) / (length + Math.max(length, units / 2)) < maximum

/**
 * Whether a value is so much shorter than the password that comparing the two is useless.
 *
 * @param lengths in code points
 * @see Django: django.contrib.auth.password_validation.exceeds_maximum_length_ratio
 */
export const isOutgrown = (lengths: { readonly password: number; readonly value: number }, maximum: number): boolean =>
  lengths.password >= 10 * lengths.value && lengths.value < (maximum / 2) * lengths.password
