/** A length of time. The parts are added. */
export interface Duration {
  /** Days of 24 hours. */
  readonly days?: number
  /** Hours. */
  readonly hours?: number
  /** Minutes. */
  readonly minutes?: number
  /** Seconds. */
  readonly seconds?: number
  /** Milliseconds. */
  readonly milliseconds?: number
}

/** A clock that a browser reads. */
export interface ReadableClock {
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** A clock that moves only when a test moves it. */
export interface VirtualClock extends ReadableClock {
  /**
   * Moves the clock forward. Everything that reads it follows: sessions, cookies of browsers, links of password resets.
   *
   * @throws {RangeError} for a duration below zero: `setBack` sets the clock back
   */
  readonly advance: (duration: Duration) => void
  /** Moves the clock to a later instant. @throws {RangeError} for an earlier one */
  readonly set: (instant: Date | number) => void
  /**
   * Sets the clock back, as a correction of a computer's clock does. Everything that reads it follows, browsers too.
   *
   * @throws {RangeError} for a duration below zero
   */
  readonly setBack: (duration: Duration) => void
}

const millisecondsOf: { readonly [Unit in keyof Duration]-?: number } = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1
}

/** The length of a duration in milliseconds. @throws {TypeError} for an unknown unit or a value that is no number */
export const lengthOf = (duration: Duration): number => {
  if (typeof duration !== "object" || duration === null)
    throw new TypeError("duration: write an object, as in { days: 1 }")
  return Object.entries(duration).reduce((sum, [unit, count]) => {
    if (!Object.hasOwn(millisecondsOf, unit))
      throw new TypeError(`duration: there is no unit ${unit}; the units are ${Object.keys(millisecondsOf).join(", ")}`)
    if (count === undefined) return sum
    if (typeof count !== "number" || !Number.isFinite(count)) throw new TypeError(`duration: ${unit} is not a number`)
    return sum + count * (Object.entries(millisecondsOf).find(([name]) => name === unit)?.[1] ?? 0)
  }, 0)
}

/** A virtual clock, with a function that sets it back to its start. */
export const makeClock = (start: number): { readonly clock: VirtualClock; readonly restart: () => void } => {
  let now = start
  const move = (to: number): void => {
    if (!Number.isFinite(to)) throw new TypeError("clock: this is not an instant; pass a Date or epoch milliseconds")
    if (to < now)
      throw new RangeError(
        "clock: this does not run backwards; to begin earlier, call site.reset() or pass an earlier `now` to testSite; " +
          "to test a clock that is corrected, call clock.setBack({ seconds: 1 })"
      )
    now = to
  }
  return {
    clock: {
      now: () => now,
      advance: (duration) => move(now + lengthOf(duration)),
      set: (instant) => move(Number(instant)),
      setBack: (duration) => {
        const length = lengthOf(duration)
        if (length < 0)
          throw new RangeError("clock.setBack: pass a duration above zero; clock.advance moves it forward")
        now -= length
      }
    },
    restart: () => {
      now = start
    }
  }
}
