/**
 * When a session expires: `_session_expiry` in its data decides, else the application's settings.
 *
 * | `_session_expiry`        | age in seconds                | expires at     | at browser close? |
 * | ------------------------ | ----------------------------- | -------------- | ----------------- |
 * | absent, `null`           | cookieAgeSeconds              | now + age      | by the settings   |
 * | `0`, `false`             | cookieAgeSeconds              | now + age      | yes               |
 * | `""`                     | cookieAgeSeconds              | now + age (*)  | no                |
 * | a number n               | n, unchanged                  | now + age      | no                |
 * | ISO 8601                 | whole seconds left, may be ≤0 | that instant   | no                |
 * | anything else (*)        | cookieAgeSeconds              | now + age      | by the settings   |
 *
 * (*) Django raises an exception here: for the date of `""`, for dates that do not exist, and for most values of other
 * types. This library treats such a value as absent.
 *
 * With an idle or absolute lifetime (`lifetime.ts`), a session with a user expires at the earliest of these ends.
 *
 * An ISO 8601 text without an offset, which Django writes with `USE_TZ = False`, is local time in the settings' time
 * zone. A text with an offset is always accepted, because the setting may have changed since it was written.
 *
 * Instants are limited to the years 1 to 9999, and ages accordingly. So every result is a date that Python, PostgreSQL
 * and an HTTP header can represent.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/http/sessions/#django.contrib.sessions.backends.base.SessionBase.get_expiry_age
 * @see https://docs.djangoproject.com/en/stable/topics/http/sessions/#django.contrib.sessions.backends.base.SessionBase.get_expiry_date
 * @see https://docs.djangoproject.com/en/stable/topics/http/sessions/#django.contrib.sessions.backends.base.SessionBase.get_expire_at_browser_close
 * @see https://docs.djangoproject.com/en/stable/topics/http/sessions/#django.contrib.sessions.backends.base.SessionBase.set_expiry
 */

import * as Json from "../../json/json-text.ts"
import type { JsonText } from "../../json/json-value.ts"
import type { SessionData } from "../../json/session-data.ts"
import * as Data from "../../json/session-data.ts"
import { type DjangoClock, defaultClock, instantOf, offsetSecondsOf } from "../../time-zone.ts"
import type { LifetimeSettings } from "./lifetime.ts"
import * as Lifetime from "./lifetime.ts"

/** The key in the session data that holds the expiry. */
export const sessionDataKey = "_session_expiry"

/** The settings that decide when a session expires. */
export interface ExpirySettings {
  /** SESSION_COOKIE_AGE. */
  readonly cookieAgeSeconds: number
  /** SESSION_EXPIRE_AT_BROWSER_CLOSE. */
  readonly expireAtBrowserClose: boolean
  /** TIME_ZONE and USE_TZ. Default: UTC, and instants are written with their offset. */
  readonly clock?: DjangoClock
  /** Idle and absolute lifetime: the session expires at the earliest of these ends. */
  readonly lifetime?: LifetimeSettings
}

/**
 * Seconds until the session expires; negative when it has expired.
 *
 * @param now epoch milliseconds
 */
export const ageSeconds = (data: SessionData, settings: ExpirySettings, now: number): number => {
  const stored = storedExpiry(data, settings)
  const seconds = stored._tag === "Instant" ? Math.floor((stored.at - now) / 1000) : age(stored, settings, now)
  const endsAt = Lifetime.endsAt(settings.lifetime, data, now)
  return endsAt === undefined ? seconds : Math.max(0, Math.min(seconds, Math.floor((endsAt - now) / 1000)))
}

/**
 * When the session expires: whole epoch milliseconds.
 *
 * @param now epoch milliseconds
 */
export const expiresAt = (data: SessionData, settings: ExpirySettings, now: number): number => {
  const stored = storedExpiry(data, settings)
  const at =
    stored._tag === "Instant" ? stored.at : within(Math.floor(now + age(stored, settings, now) * 1000), calendar)
  return Math.min(at, Lifetime.endsAt(settings.lifetime, data, now) ?? at)
}

/** Whether the cookie is sent without Max-Age and Expires, so that it ends with the browser. The row still expires. */
export const isAtBrowserClose = (data: SessionData, settings: ExpirySettings): boolean => {
  const stored = storedExpiry(data, settings)
  return stored._tag === "Policy" ? settings.expireAtBrowserClose : stored._tag === "BrowserClose"
}

// ---- what set_expiry stores --------------------------------------------------------------------------------------

/** Expires `age` seconds after the last time the session was written; 0: when the browser closes. */
export const afterSeconds = (age: number): JsonText => Json.write(age === 0 ? 0 : age)

/**
 * Expires at a fixed instant. Writing the session again does not change it.
 *
 * @param at epoch milliseconds; fractions count, down to a microsecond
 * @param clock without `useTimeZones` the text is local time without an offset, the only form that such a Django reads.
 * In an hour that occurs twice because the clocks go back, the text means the second one.
 * @throws {RangeError} for NaN
 */
export const atInstant = (at: number, clock: DjangoClock = defaultClock): JsonText =>
  Json.write(clock.useTimeZones ? `${isoText(within(at, calendar))}+00:00` : isoText(localTime(at, clock.timeZone)))

/**
 * Expires `durationSeconds` from now. Writing the session again does not change it.
 *
 * @param now epoch milliseconds
 */
export const afterDuration = (durationSeconds: number, now: number, clock: DjangoClock = defaultClock): JsonText =>
  atInstant(now + durationSeconds * 1000, clock)

// ---- reading what is stored --------------------------------------------------------------------------------------

type StoredExpiry =
  | { readonly _tag: "Policy" }
  | { readonly _tag: "BrowserClose" }
  | { readonly _tag: "CookieAge" }
  | { readonly _tag: "Seconds"; readonly seconds: number }
  | { readonly _tag: "Instant"; readonly at: number }

const storedExpiry = (data: SessionData, { clock = defaultClock }: ExpirySettings): StoredExpiry => {
  const text = Data.get(data, sessionDataKey)
  const value = text === undefined ? null : Json.read(text)
  if (value === null) return { _tag: "Policy" }
  if (value === "") return { _tag: "CookieAge" }
  switch (typeof value) {
    case "string": {
      const at = instant(value, clock.timeZone)
      return at === undefined ? { _tag: "Policy" } : { _tag: "Instant", at: within(at, calendar) }
    }
    case "number":
    case "bigint":
    case "boolean": {
      const seconds = Number(value)
      if (Number.isNaN(seconds)) return { _tag: "Policy" }
      return seconds === 0 ? { _tag: "BrowserClose" } : { _tag: "Seconds", seconds }
    }
    default:
      return { _tag: "Policy" }
  }
}

type RelativeExpiry = Exclude<StoredExpiry, { readonly _tag: "Instant" }>

const age = (stored: RelativeExpiry, settings: ExpirySettings, now: number): number =>
  within(stored._tag === "Seconds" ? stored.seconds : settings.cookieAgeSeconds, {
    from: (calendar.from - now) / 1000,
    to: (calendar.to - now) / 1000
  })

interface Range {
  readonly from: number
  readonly to: number
}

/** The range of Python's datetime. */
const calendar: Range = {
  from: Date.parse("0001-01-01T00:00:00.000Z"),
  to: Date.parse("9999-12-31T23:59:59.999Z")
}

const within = (value: number, { from, to }: Range): number => Math.min(Math.max(value, from), to)

/**
 * ISO 8601 as Python 3.11 reads it: `-` and `:` are optional, any non-digit may separate date and time, and minutes may
 * be absent.
 */
const isoFormat =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:\D(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?(Z|([+-])(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)?)?$/

/**
 * Parses an ISO 8601 text.
 *
 * @param timeZone used for a text without an offset
 * @returns epoch milliseconds; `undefined` if the text is not an existing date
 */
const instant = (text: string, timeZone: string): number | undefined => {
  const match = isoFormat.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", offset, sign, ...offsetParts] =
    match
  const utc = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}Z`
  const wall = Date.parse(utc)
  // Date.parse accepts a year 0, and reads 30 February as 1 March.
  if (Number.isNaN(wall) || wall < calendar.from || new Date(wall).toISOString() !== utc) return undefined
  if (offset === undefined) return instantOf(timeZone, wall)

  const [hours = 0, minutes = 0, seconds = 0] = offsetParts.map((part) => Number(part ?? 0))
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  const ahead = ((hours * 60 + minutes) * 60 + seconds) * 1000
  return sign === "-" ? wall + ahead : wall - ahead
}

/** Local time of a zone at an instant, as the epoch milliseconds at which UTC shows the same time. */
const localTime = (at: number, timeZone: string): number => {
  const instant = within(at, calendar)
  return within(instant + offsetSecondsOf(timeZone, instant) * 1000, calendar)
}

/**
 * Python's isoformat of a datetime in UTC, without the offset. A fraction of zero is left out, another has six digits.
 */
const isoText = (at: number): string => {
  const milliseconds = Math.floor(at)
  const microseconds = Math.min(Math.round((at - milliseconds) * 1000), 999)
  const iso = new Date(milliseconds).toISOString()
  const fraction = iso.slice(20, 23) + String(microseconds).padStart(3, "0")
  return `${iso.slice(0, 19)}${fraction === "000000" ? "" : `.${fraction}`}`
}
