/** How a law is tried: it holds for every run, and it finds the bug that is planted for it. */
import { setImmediate as nextRound } from "node:timers/promises"
import * as fc from "fast-check"
import { expect, it } from "vitest"
import type { Plant } from "./plant.ts"
import type { World } from "./world.ts"

/** A property of the world, with a bug in its stores or without. */
export type Law = (plant?: Plant) => fc.IAsyncProperty<unknown>

/** Whose turn it is. Everybody gets as far as they can before the next turn is given. */
export const turns = (): fc.Arbitrary<fc.Scheduler> =>
  fc.scheduler({
    act: async (turn) => {
      await turn()
      await nextRound()
      await nextRound()
    }
  })

/** Runs requests side by side, their effects in the scheduler's order, and everything afterwards at once. */
export const interleaved = async <A extends ReadonlyArray<unknown>>(
  world: World,
  scheduler: fc.Scheduler,
  start: () => readonly [...{ [K in keyof A]: Promise<A[K]> }]
): Promise<A> => {
  world.interleave(scheduler)
  const all = Promise.all(start()) as Promise<unknown> as Promise<A>
  try {
    return await scheduler.waitFor(all)
  } finally {
    world.interleave(undefined)
  }
}

/**
 * States a law: `law` holds in `numRuns` runs, and each planted bug breaks it.
 *
 * @param name stands at the beginning of every message of the law's assertions
 */
export const states = (
  name: string,
  sentence: string,
  law: Law,
  { finds = [], numRuns = 100 }: { readonly finds?: ReadonlyArray<Plant>; readonly numRuns?: number } = {}
): void => {
  it(`${name}: ${sentence}`, async () => {
    await fc.assert(law(), { numRuns })
  })
  if (finds.length > 0)
    it.each([...finds])(`${name} finds $name`, async (plant) => {
      const { errorInstance, failed } = await fc.check(law(plant), { numRuns: 2000, endOnFailure: true })
      expect(failed).toBe(true)
      // The law itself is what failed, not something on the way.
      expect(String(errorInstance)).toContain(`${name} `)
    })
}
