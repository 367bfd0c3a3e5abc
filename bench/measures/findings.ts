/** What the rows of the bench find, before it is saved. */
import type { Comparison } from "../comparisons.ts"
import type { Store } from "../store.ts"

/** One side in one round. */
export interface Sample {
  /** In the unit of the comparison. */
  readonly value: number
  /** CPU time of the server per request, in microseconds. */
  readonly cpu?: number
  /** CPU time of PostgreSQL per request, in microseconds. */
  readonly database?: number
}

export interface Finding {
  readonly comparison: Comparison
  /** A sample of each round, and at the same place the one of the other side. */
  readonly ours: ReadonlyArray<Sample>
  readonly theirs: ReadonlyArray<Sample>
}

/** What every way of measuring gets. */
export interface Run {
  readonly store: Store
  readonly rounds: number
  /** Called for each row as soon as it is measured. */
  readonly found: (finding: Finding) => void
  /** Called for each row that cannot be measured. */
  readonly leftOut: (comparison: Comparison, why: string) => void
}

/** The rounds of a run: in every other one the sides take their turns in the opposite order. */
export const ordersOfRounds = <Side>(sides: ReadonlyArray<Side>, rounds: number): ReadonlyArray<ReadonlyArray<Side>> =>
  Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? sides : sides.toReversed()))
