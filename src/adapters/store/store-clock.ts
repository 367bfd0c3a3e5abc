/** The application's clock, once the application has set it; before that, the system's clock in UTC. */
import type { StoreClock } from "../ports/session-store.ts"

export interface SettableClock {
  readonly now: () => number
  readonly timeZone: () => string
  readonly set: (clock: StoreClock) => void
}

export const settableClock = (): SettableClock => {
  let told: StoreClock = { now: () => Date.now(), timeZone: "UTC" }
  return {
    now: () => told.now(),
    timeZone: () => told.timeZone,
    set: (clock) => {
      told = clock
    }
  }
}
