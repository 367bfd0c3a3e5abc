/** Which names an unknown name may have been meant as. */

/** The known names that are similar to a name, the most similar one first. */
export const nearNames = (name: string, known: ReadonlyArray<string>): ReadonlyArray<string> =>
  known
    .map((candidate) => ({ candidate, distance: distanceOf(plain(name), plain(candidate)) }))
    .filter(({ distance }) => distance <= 3)
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate)

/** The letters and digits of a name: `SESSION_COOKIE_SECURE` and `sessionCookie.secure` become equal. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "")

/**
 * The edit distance of two names. It is 0.5 or 1 if one begins or ends with the other, and infinite if they are too
 * different for a suggestion.
 */
const distanceOf = (given: string, known: string): number => {
  if (given === known) return 0
  if (isPartOf(given, known)) return 0.5
  if (isPartOf(known, given)) return 1
  const [short, long] = given.length < known.length ? [given, known] : [known, given]
  if (long.length > 64 || long.length - short.length > 3) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: short.length + 1 }, (_, i) => i)
  for (let i = 1; i <= long.length; i++) {
    const next = [i]
    for (let j = 1; j <= short.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (long[i - 1] === short[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  const distance = row[short.length] ?? Number.POSITIVE_INFINITY
  return distance <= 0.4 * short.length ? distance : Number.POSITIVE_INFINITY
}

const isPartOf = (short: string, long: string): boolean =>
  short.length >= 5 && (long.startsWith(short) || long.endsWith(short))
