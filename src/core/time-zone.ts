/** The clock of a Django: what a clock on the wall shows in a time zone, and which instant such a reading means. */

/** The settings of a Django's clock. */
export interface DjangoClock {
  /** TIME_ZONE: an IANA name. */
  readonly timeZone: string
  /** USE_TZ. Without it Django counts in the local time of `timeZone`, and writes instants without an offset. */
  readonly useTimeZones: boolean
}

/** The clock of a new Django project. */
export const defaultClock: DjangoClock = { timeZone: "UTC", useTimeZones: true }

/** Making a formatter takes longer than using it. An application has one time zone. */
const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const made =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric"
    })
  formats.set(timeZone, made)
  return made
}

/**
 * How far the clocks of a zone are ahead of UTC at an instant.
 *
 * @param timeZone an IANA name, such as Django's TIME_ZONE
 * @param at epoch milliseconds
 * @throws {RangeError} for an unknown zone
 */
export const offsetSecondsOf = (timeZone: string, at: number): number => {
  if (timeZone === "UTC") return 0
  const parts = formatOf(timeZone).formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((found) => found.type === type)?.value)
  // Not `Date.UTC`, which takes the years 0 to 99 for those of the 20th century.
  const wall = new Date(0).setUTCFullYear(part("year"), part("month") - 1, part("day"))
  const seconds = wall / 1000 + (part("hour") * 60 + part("minute")) * 60 + part("second")
  return seconds - Math.floor(at / 1000)
}

const dayMilliseconds = 86_400_000

/**
 * The instant at which the clocks of a zone show a time. A time that they show twice, when they are set back, and one
 * that they skip, when they are set forward, mean the later of the two possible instants, as in PostgreSQL.
 *
 * @param wall what the clocks show, as epoch milliseconds of the same reading in UTC
 * @returns epoch milliseconds
 * @throws {RangeError} for an unknown zone
 */
export const instantOf = (timeZone: string, wall: number): number => {
  const by = (near: number): number => wall - offsetSecondsOf(timeZone, near) * 1000
  const before = by(wall - dayMilliseconds)
  const after = by(wall + dayMilliseconds)
  const shows = (at: number): boolean => at + offsetSecondsOf(timeZone, at) * 1000 === wall
  if (shows(before) === shows(after)) return Math.max(before, after)
  return shows(before) ? before : after
}
