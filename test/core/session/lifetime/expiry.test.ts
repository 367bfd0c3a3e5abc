import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { djangoVersions } from "../../../../src/core/django-version.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { parseMembers } from "../../../../src/core/json/stored-json.ts"
import * as Expiry from "../../../../src/core/session/lifetime/expiry.ts"
import vectors from "../../../vectors/session_expiry.json" with { type: "json" }

const cookieAgeSeconds = 1_209_600
const settings = { cookieAgeSeconds, expireAtBrowserClose: false }
const closing = { cookieAgeSeconds, expireAtBrowserClose: true }
const now = Date.parse("2024-03-01T12:00:00.250Z")

const stored = (json: string) => parseMembers(`{"_session_expiry":${json}}`) ?? Data.empty

const facts = (json: string) => ({
  age: Expiry.ageSeconds(stored(json), settings, now),
  at: Expiry.expiresAt(stored(json), settings, now),
  atBrowserClose: Expiry.isAtBrowserClose(stored(json), closing)
})

/** The expiry policy's answer, including whether the session ends when the browser closes. */
const policy = { age: cookieAgeSeconds, at: now + cookieAgeSeconds * 1000, atBrowserClose: true }

describe("expiry and Django", () => {
  it.each(vectors.data.get)("is Django's for $label, browser close $SESSION_EXPIRE_AT_BROWSER_CLOSE", (row) => {
    const data = row.stored === "ABSENT" ? Data.empty : stored(JSON.stringify(row.stored))
    const policy = row.SESSION_EXPIRE_AT_BROWSER_CLOSE ? closing : settings
    const at = Date.parse(row.now)
    // Where Django raises: "" counts as the cookie's age (as Django 3.2 has it), a date without an offset as local time.
    const isNaive = row.age === "raises TypeError"
    const local = Date.parse(`${row.stored}Z`)
    const date = row.date === "raises ValueError" ? at + cookieAgeSeconds * 1000 : Date.parse(row.date)
    expect(Expiry.ageSeconds(data, policy, at)).toBe(isNaive ? Math.floor((local - at) / 1000) : row.age)
    expect(Expiry.expiresAt(data, policy, at)).toBe(isNaive ? local : date)
    expect(Expiry.isAtBrowserClose(data, policy)).toBe(row.at_browser_close)
  })

  const [django32] = vectors.older
  it.each(Object.entries(django32!.get.rows))("is Django 3.2's, or what 3.2 cannot read: row %s", (index, row) => {
    const data = stored(JSON.stringify(row.stored))
    const policy = row.SESSION_EXPIRE_AT_BROWSER_CLOSE ? closing : settings
    const at = Date.parse(row.now)
    expect(Expiry.isAtBrowserClose(data, policy)).toBe(row.at_browser_close)
    if (row.date === "raises TypeError") {
      // An instant. Every newer Django reads the same text as this instant; with Django 3.2, setting one is an error.
      expect(vectors.data.get[Number(index)]?.stored).toBe(row.stored)
      return expect(djangoVersions["3.2"].refusesInstants).toBe(true)
    }
    expect(Expiry.ageSeconds(data, policy, at)).toBe(row.age)
    expect(Expiry.expiresAt(data, policy, at)).toBe(Date.parse(row.date))
  })

  const makers = {
    int: Expiry.afterSeconds(300),
    zero: Expiry.afterSeconds(0),
    None: undefined,
    "timedelta 90s": Expiry.afterDuration(90, now),
    "aware datetime": Expiry.atInstant(Date.parse("2030-01-02T03:04:05Z")),
    "aware datetime micro": Expiry.atInstant(Date.parse("2030-01-02T03:04:05.678Z") + 0.901)
  }

  it.each(vectors.data.set)("is stored as Django stores it: $label", (row) => {
    const text = Object.entries(makers).find(([label]) => label === row.label)?.[1]
    expect(Date.parse(row.now)).toBe(now)
    expect(text === undefined ? {} : { _session_expiry: JSON.parse(text) }).toEqual(row.stored)
  })
})

describe("expiry", () => {
  it("honours offsets, and Z", () => {
    const at = Date.parse("2025-12-31T18:30:00Z")
    for (const text of [
      "2026-01-01T00:00:00+05:30",
      "2025-12-31T18:30:00Z",
      "2025-12-31 18:30:00.000000+00:00",
      "2025-12-31T18:30+00:00",
      "2025-12-31T13:00:00-0530",
      "2026-01-01T00:00:30+05:30:30"
    ]) {
      expect([text, facts(JSON.stringify(text)).at]).toEqual([text, at])
    }
  })

  it.each([
    '"2026-13-45"',
    '"2026-02-30T00:00:00+00:00"',
    '"2026-01-01T24:00:00+00:00"',
    '"2026-01-01T23:59:60+00:00"',
    '"2026-01-01T00:00:00+24:00"',
    '"0000-01-01T00:00:00+00:00"',
    '"12026-01-01T00:00:00+00:00"',
    '"2026-01-01T00:00:00+00:00\\n"',
    '"tomorrow"',
    '"300"',
    '" "',
    "{}",
    '{"a":1}',
    "[300]",
    "NaN"
  ])("follows the settings if the stored value is no expiry: %s", (json) => {
    expect(facts(json)).toEqual(policy)
  })

  it.each([
    ["-1", -1],
    ["1.5", 1.5],
    ["1.0", 1],
    ["true", 1]
  ])("is relative when it is stored as %s", (json, age) => {
    expect(facts(json)).toEqual({ age, at: now + age * 1000, atBrowserClose: false })
  })

  // What Python 3.11 takes for 14:00 at an offset of two hours, or of none.
  it.each([
    ["2026-11-27T14:00:00+02", "12:00"],
    ["2026-11-27T14+02:00", "12:00"],
    ["2026-11-27t14:00:00.1234567890+0200", "12:00"],
    ["20261127T140000+02:00:00", "12:00"],
    ["20261127T1400Z", "14:00"],
    ["2026-11-27x14", "14:00"],
    ["20261127", "00:00"]
  ])("is the instant that Python reads in %s", (text, time) => {
    expect(new Date(facts(Json.write(text)).at).toISOString().slice(0, 16)).toBe(`2026-11-27T${time}`)
  })

  it.each([
    "2026-11-27T1",
    "2026-11-27T14:0",
    "2026112714",
    "2026-11-27T14:00+2",
    "20261327",
    "12345678"
  ])("is the policy when it is stored as %s, which Python does not read", (text) => {
    expect(facts(Json.write(text))).toEqual(policy)
  })

  it.each(["0", "0.0", "-0.0", "false"])("is the browser's close when it is stored as %s", (json) => {
    expect(facts(json)).toEqual({ age: cookieAgeSeconds, at: now + cookieAgeSeconds * 1000, atBrowserClose: true })
  })

  it("is limited to the years that Python, PostgreSQL and HTTP can write", () => {
    const last = Date.parse("9999-12-31T23:59:59.999Z")
    for (const json of ["1e308", "1e400", "Infinity", "9".repeat(400), '"9999-12-31T23:59:59-23:00"']) {
      expect(facts(json).at).toBe(last)
      expect(Math.floor(facts(json).age)).toBe(Math.floor((last - now) / 1000))
    }
    for (const json of ["-1e308", "-Infinity", `-${"9".repeat(400)}`]) {
      expect(new Date(facts(json).at).toISOString()).toBe("0001-01-01T00:00:00.000Z")
      expect(facts(json).age).toBeLessThan(0)
    }
  })

  it("is a whole, valid instant for every value in a session", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.double(), fc.date().map(String)), (value) => {
        const data = Data.of([[Expiry.sessionDataKey, Json.write(value)]])
        const at = Expiry.expiresAt(data, settings, now)
        expect(Number.isInteger(at)).toBe(true)
        expect(new Date(at).toISOString()).toMatch(/^\d{4}-/)
        expect(Number.isFinite(Expiry.ageSeconds(data, settings, now))).toBe(true)
      })
    )
  })

  it("reads the instant that it stored, and counts down to it", () => {
    const instant = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    fc.assert(
      fc.property(instant, (date) => {
        const text = Expiry.atInstant(date.getTime())
        const data = Data.of([[Expiry.sessionDataKey, text]])
        expect(text).toMatch(/^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"$/)
        expect(Expiry.expiresAt(data, settings, now)).toBe(date.getTime())
        expect(Expiry.ageSeconds(data, settings, now)).toBe(Math.floor((date.getTime() - now) / 1000))
        expect(Expiry.isAtBrowserClose(data, closing)).toBe(false)
      })
    )
  })

  it("moves with each save when it is a number of seconds, and is fixed when it is an instant", () => {
    const later = now + 60_000
    expect(Expiry.expiresAt(stored("300"), settings, later)).toBe(later + 300_000)
    const fixed = Data.of([[Expiry.sessionDataKey, Expiry.afterDuration(300, now)]])
    expect(Expiry.expiresAt(fixed, settings, later)).toBe(now + 300_000)
    expect(Expiry.ageSeconds(fixed, settings, later)).toBe(240)
  })
})

describe("expiry in the local time of a Django without USE_TZ", () => {
  const clockOf = (timeZone: string) => ({ timeZone, useTimeZones: false })
  const read = (text: string, timeZone: string): string => {
    const data = Data.of([[Expiry.sessionDataKey, Json.write(text)]])
    return new Date(Expiry.expiresAt(data, { ...settings, clock: clockOf(timeZone) }, now)).toISOString()
  }

  it.each([
    ["UTC", "2026-01-01T00:00:00", "2026-01-01T00:00:00.000Z"],
    ["America/Chicago", "2026-01-01T00:00:00.123456", "2026-01-01T06:00:00.123Z"],
    ["America/Chicago", "2026-07-01 00:00", "2026-07-01T05:00:00.000Z"],
    ["Asia/Kathmandu", "2026-07-01", "2026-06-30T18:15:00.000Z"],
    ["Pacific/Kiritimati", "2026-01-01T00:00:00", "2025-12-31T10:00:00.000Z"],
    // A local time that the clocks skip, and one that they show twice.
    ["Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00.000Z"],
    ["Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T01:30:00.000Z"],
    ["Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T15:15:00.000Z"]
  ])("reads, in %s, %s as %s", (timeZone, text, at) => {
    expect(read(text, timeZone)).toBe(at)
  })

  it("reads a text with an offset by its offset", () => {
    expect(read("2026-01-01T00:00:00+00:00", "America/Chicago")).toBe("2026-01-01T00:00:00.000Z")
  })

  it("stays within the calendar at both ends of it", () => {
    expect(read("0001-01-01T00:00:00", "Asia/Tokyo")).toBe("0001-01-01T00:00:00.000Z")
    expect(read("9999-12-31T23:59:59", "America/Chicago")).toBe("9999-12-31T23:59:59.999Z")
    for (const zone of ["Asia/Tokyo", "America/Chicago"])
      for (const at of [-1e15, 1e15]) expect(Expiry.atInstant(at, clockOf(zone))).toMatch(/^"(0001|9999)-/)
  })

  it("stores an instant in that time, without an offset", () => {
    const at = Date.parse("2026-07-01T00:00:00.25Z")
    expect(Expiry.atInstant(at, clockOf("America/Chicago"))).toBe('"2026-06-30T19:00:00.250000"')
    expect(Expiry.atInstant(at, { timeZone: "America/Chicago", useTimeZones: true })).toBe(
      '"2026-07-01T00:00:00.250000+00:00"'
    )
    expect(Expiry.afterDuration(60, at, clockOf("UTC"))).toBe('"2026-07-01T00:01:00.250000"')
  })

  it("reads the instant that it stored; in an hour that occurs twice, the second one", () => {
    const zone = fc.constantFrom("UTC", "America/Chicago", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
    const instant = fc.date({ min: new Date("1980-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    fc.assert(
      fc.property(zone, instant, (timeZone, date) => {
        const clock = clockOf(timeZone)
        const text = Expiry.atInstant(date.getTime(), clock)
        const data = Data.of([[Expiry.sessionDataKey, text]])
        const later = Expiry.expiresAt(data, { ...settings, clock }, now) - date.getTime()
        expect(text).not.toMatch(/[+Z]/)
        expect([0, 1800_000, 3600_000]).toContain(later)
        if (later > 0) expect(Expiry.atInstant(date.getTime() + later, clock)).toBe(text)
      }),
      { numRuns: 500 }
    )
  })
})
