/** The application's clock, as a store has been told it: the system's, in UTC, until then. */
import type { StoreClock } from "../interpreter/ports.ts"

export interface ToldClock {
  readonly now: () => number
  readonly timeZone: () => string
  readonly set: (clock: StoreClock) => void
}

export const toldClock = (): ToldClock => {
  let told: StoreClock = { now: () => Date.now(), timeZone: "UTC" }
  return {
    now: () => told.now(),
    timeZone: () => told.timeZone,
    set: (clock) => {
      told = clock
    }
  }
}
