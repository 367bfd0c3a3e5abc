/** How similar a password is to something that is known of its owner, in code points. */

/**
 * Twice the characters in common, in whatever order, by all characters: 1 for a text and its reverse, and for two empty
 * ones. An upper bound of what an alignment of the two would give.
 *
 * @see Python: difflib.SequenceMatcher.quick_ratio
 */
export const quickRatio = (a: string, b: string): number => {
  const [left, right] = [[...a], [...b]]
  const total = left.length + right.length
  if (total === 0) return 1
  const available = new Map<string, number>()
  for (const character of right) available.set(character, (available.get(character) ?? 0) + 1)
  let common = 0
  for (const character of left) {
    const count = available.get(character) ?? 0
    if (count > 0) common += 1
    available.set(character, count - 1)
  }
  return (2 * common) / total
}

/**
 * Whether a value is so much shorter than the password that comparing them says nothing.
 *
 * @param lengths in code points
 * @see Django: exceeds_maximum_length_ratio
 */
export const isOutgrown = (lengths: { readonly password: number; readonly value: number }, maximum: number): boolean =>
  lengths.password >= 10 * lengths.value && lengths.value < (maximum / 2) * lengths.password
