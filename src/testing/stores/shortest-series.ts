/**
 * Compares a store with the store in memory over many random series of calls, and reports the shortest that differs.
 */
import { LawBroken } from "../laws/law-broken.ts"

/** What happened up to the first answer that is not the one of the store in memory. */
export interface Failure {
  readonly story: ReadonlyArray<string>
}

interface Comparison<Call> {
  readonly seed: number
  readonly series: number
  readonly seriesOf: (seed: number) => ReadonlyArray<Call>
  /** Runs a series on both stores. @returns `undefined` if all answers are the same */
  readonly run: (calls: ReadonlyArray<Call>) => Promise<Failure | undefined>
}

/** @throws {LawBroken} with the shortest series that was found, and the seed that makes it again */
export const compareSeries = async <Call>({ run, seed, series, seriesOf }: Comparison<Call>): Promise<void> => {
  for (let each = 0; each < series; each++) {
    const calls = seriesOf(seed + each)
    const failure = await run(calls)
    if (failure === undefined) continue
    const { story } = await shortened(run, calls, failure)
    throw new LawBroken(
      `another answer than that of the store in memory (seed ${seed + each}):\n  ${story.join("\n  ")}`
    )
  }
}

/** Leaves out calls as long as the series still fails. */
const shortened = async <Call>(
  run: Comparison<Call>["run"],
  calls: ReadonlyArray<Call>,
  failure: Failure
): Promise<Failure> => {
  for (let at = calls.length - 1; at >= 0; at--) {
    const fewer = calls.toSpliced(at, 1)
    const again = await run(fewer)
    if (again !== undefined) return shortened(run, fewer, again)
  }
  return failure
}
