/** Random choices that a seed repeats: mulberry32. */
export interface Dice {
  /** A whole number from 0 to `sides` - 1. */
  readonly below: (sides: number) => number
  readonly pick: <A>(list: readonly [A, ...ReadonlyArray<A>]) => A
}

export const dice = (seed: number): Dice => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (sides: number) => Math.floor(next() * sides)
  return { below, pick: (list) => list[below(list.length)] ?? list[0] }
}

/** `LATCHKEY_SEED`, or another one in each run. A test prints it, so that its choices can be repeated. */
export const seed = Number(process.env["LATCHKEY_SEED"] || Date.now() % 1_000_000_007)

/** How many times, or for how many seconds, a suite of random tests runs: as the variable says, which `test:long` sets. */
export const amount = (variable: string, usual: number): number => Number(process.env[variable] || usual)
