/** How similar a password is to something that is known of its owner, in code points. */

/** The characters of a text in whatever order: counted once, then compared with many. */
export interface Counted {
  readonly length: number
  /** How often each occurs. */
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
 * Twice the characters in common, in whatever order, by all characters: 1 for a text and its reverse, and for two empty
 * ones. An upper bound of what an alignment of the two would give.
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
 * Whether the lengths alone keep {@link quickRatio} below the maximum. Nothing is counted for it, so a long text is told
 * apart from a short one at once.
 *
 * @param units the length of the other text as JavaScript has it, in UTF-16 units: twice its code points at most
 */
export const isOutOfReach = ({ length }: Counted, units: number, maximum: number): boolean =>
  units < length
    ? (2 * units) / (length + units) < maximum
    : (2 * length) / (length + Math.max(length, units / 2)) < maximum

/**
 * Whether a value is so much shorter than the password that comparing them says nothing.
 *
 * @param lengths in code points
 * @see Django: exceeds_maximum_length_ratio
 */
export const isOutgrown = (lengths: { readonly password: number; readonly value: number }, maximum: number): boolean =>
  lengths.password >= 10 * lengths.value && lengths.value < (maximum / 2) * lengths.password
