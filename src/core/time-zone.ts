/** Local time of Django's time zone: from an instant to local time, and back. */

/** Django's time zone settings. */
export interface DjangoClock {
  /** TIME_ZONE: an IANA name. */
  readonly timeZone: string
  /** USE_TZ. Without it Django uses the local time of `timeZone`, and writes instants without an offset. */
  readonly useTimeZones: boolean
}

/** The settings of a new Django project. */
export const defaultClock: DjangoClock = { timeZone: "UTC", useTimeZones: true }

/** Formatters are cached, because making one takes longer than using it. An application usually has one time zone. */
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
 * How many seconds local time of a zone is ahead of UTC at an instant.
 *
 * @param timeZone an IANA name, such as Django's TIME_ZONE
 * @param at epoch milliseconds
 * @throws {RangeError} for an unknown zone
 */
export const offsetSecondsOf = (timeZone: string, at: number): number => {
  if (timeZone === "UTC") return 0
  const parts = formatOf(timeZone).formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((found) => found.type === type)?.value)
  // Not `Date.UTC`, which reads the years 0 to 99 as 1900 to 1999.
  const wall = new Date(0).setUTCFullYear(part("year"), part("month") - 1, part("day"))
  const seconds = wall / 1000 + (part("hour") * 60 + part("minute")) * 60 + part("second")
  return seconds - Math.floor(at / 1000)
}

const dayMilliseconds = 86_400_000

/**
 * The instant of a local time. When clocks are set back, a local time occurs twice; when they are set forward, it is
 * skipped. In both cases the result is the later of the two possible instants, as in PostgreSQL.
 *
 * @param wall the local time, as the epoch milliseconds at which UTC shows the same time
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
