/** How a law is tested: it holds in every run, and it fails when a bug is planted into the stores. */
import { setImmediate as nextRound } from "node:timers/promises"
import * as fc from "fast-check"
import { expect, it } from "vitest"
import type { Plant } from "./plant.ts"
import type { World } from "./world.ts"

/** A property of a world whose stores may have a planted bug. */
export type Law = (plant?: Plant) => fc.IAsyncProperty<unknown>

/** Schedules the effects. After each effect, every request runs until it waits, before the next effect happens. */
export const turns = (): fc.Arbitrary<fc.Scheduler> =>
  fc.scheduler({
    act: async (turn) => {
      await turn()
      await nextRound()
      await nextRound()
    }
  })

/** Runs requests in parallel with their effects in the scheduler's order. Afterwards, effects happen immediately again. */
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
 * @param name the law's name; every assertion message of the law begins with it and a colon
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
    it.each([...finds])(`${name}: detects the bug: $name`, async (plant) => {
      const { errorInstance, failed } = await fc.check(law(plant), { numRuns: 2000, endOnFailure: true })
      expect(failed).toBe(true)
      // The assertion of the law failed, and not some other code.
      expect(String(errorInstance)).toContain(`${name}: `)
    })
}
