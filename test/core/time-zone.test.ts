import { describe, expect, it } from "vitest"
import { instantOf, offsetSecondsOf } from "../../src/core/time-zone.ts"

describe("the offset of a zone", () => {
  it.each([
    ["UTC", "2024-05-06T07:08:09.987Z", 0],
    ["America/Chicago", "2024-01-15T12:00:00Z", -21_600],
    ["America/Chicago", "2024-07-15T12:00:00Z", -18_000],
    ["Asia/Kathmandu", "2024-07-15T23:59:59.999Z", 20_700],
    ["Europe/Berlin", "2024-03-31T00:59:59Z", 3600],
    ["Europe/Berlin", "2024-03-31T01:00:00Z", 7200],
    ["Pacific/Auckland", "2023-12-31T12:00:00Z", 46_800],
    ["Europe/Berlin", "0050-06-01T00:00:00Z", 3208]
  ])("%s at %s is %d seconds", (zone, at, seconds) => {
    expect(offsetSecondsOf(zone, Date.parse(at))).toBe(seconds)
  })

  it("does not exist for an unknown zone", () => {
    expect(() => offsetSecondsOf("Mars/Olympus", 0)).toThrow(RangeError)
  })
})

describe("the instant of a local time", () => {
  it.each([
    ["America/Chicago", "2024-07-15T07:00:00Z", "2024-07-15T12:00:00Z"],
    ["Europe/Berlin", "2024-03-31T01:59:59Z", "2024-03-31T00:59:59Z"],
    ["Europe/Berlin", "2024-03-31T02:00:00Z", "2024-03-31T01:00:00Z"],
    ["Europe/Berlin", "2024-03-31T02:59:59Z", "2024-03-31T01:59:59Z"],
    ["Europe/Berlin", "2024-03-31T03:00:00Z", "2024-03-31T01:00:00Z"],
    ["Europe/Berlin", "2024-10-27T01:59:59Z", "2024-10-26T23:59:59Z"],
    ["Europe/Berlin", "2024-10-27T02:00:00Z", "2024-10-27T01:00:00Z"],
    ["Europe/Berlin", "2024-10-27T03:00:00Z", "2024-10-27T02:00:00Z"],
    // A day that was skipped when the zone moved to the other side of the date line.
    ["Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T22:00:00Z"]
  ])("in %s, %s on the clocks is %s", (zone, wall, at) => {
    expect(new Date(instantOf(zone, Date.parse(wall))).toISOString()).toBe(new Date(at).toISOString())
  })
})
