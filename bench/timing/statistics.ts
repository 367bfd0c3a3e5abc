/** Statistics on paired differences, robust against outliers and against drift of the machine. */

/** The mean without the lowest and the highest fifth. */
export const trimmedMean = (values: ReadonlyArray<number>): number => {
  const sorted = Float64Array.from(values).sort()
  const cut = Math.floor(sorted.length / 5)
  const kept = sorted.subarray(cut, sorted.length - cut)
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}

const BLOCK = 10
const RESAMPLES = 4000

/** The 99 % interval of the trimmed mean: a moving-block bootstrap, because neighbouring rounds resemble each other. */
export const intervalOf = (
  values: ReadonlyArray<number>,
  resamples = RESAMPLES
): readonly [low: number, high: number] => {
  const means = Array.from({ length: resamples }, () => {
    const drawn: Array<number> = []
    while (drawn.length < values.length) {
      const from = Math.floor(Math.random() * (values.length - BLOCK + 1))
      drawn.push(...values.slice(from, from + BLOCK))
    }
    return trimmedMean(drawn.slice(0, values.length))
  }).sort((a, b) => a - b)
  return [means[Math.floor(resamples * 0.005)] ?? Number.NaN, means[Math.ceil(resamples * 0.995) - 1] ?? Number.NaN]
}

/** How often a difference this large arises by chance: the signs of the differences are drawn anew. */
export const chanceOf = (values: ReadonlyArray<number>, resamples = RESAMPLES): number => {
  const seen = Math.abs(trimmedMean(values))
  let larger = 0
  for (let draw = 0; draw < resamples; draw++)
    if (Math.abs(trimmedMean(values.map((value) => (Math.random() < 0.5 ? value : -value)))) >= seen) larger += 1
  return (larger + 1) / (resamples + 1)
}

/** Holm's correction for several tests, in the order of the input. */
export const holm = (chances: ReadonlyArray<number>): ReadonlyArray<number> => {
  const order = chances.map((chance, index) => ({ chance, index })).sort((a, b) => a.chance - b.chance)
  const corrected = [...chances]
  let least = 0
  for (const [rank, { chance, index }] of order.entries()) {
    least = Math.max(least, Math.min(1, chance * (chances.length - rank)))
    corrected[index] = least
  }
  return corrected
}
