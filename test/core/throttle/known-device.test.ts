import { describe, expect, it } from "vitest"
import { cookieSettings } from "../../../src/core/http/cookies/cookie-settings.ts"
import { deviceCookie, isCurrent, knownDeviceSettings, readDevice } from "../../../src/core/throttle/known-device.ts"
import { makeThrottleKeys } from "../../../src/core/throttle/throttle-keys.ts"

const now = 1_700_000_000_000
const id = "abcdefghijklmnopqrstuv"
const cookie = cookieSettings("knowndevice", true)
const settingsWith = (secret: string, fallbacks: ReadonlyArray<string> = []) =>
  knownDeviceSettings(cookie, 60, { secret, fallbacks })
const settings = settingsWith("secret")
const keys = makeThrottleKeys("secret")
const alice = keys.account("alice")
const { value } = deviceCookie(settings, id, alice, "encoded", now)

describe("the cookie of a known device", () => {
  it("is read for its user name, up to its end", () => {
    const device = readDevice(settings, value, alice, now + 59_999)
    expect(device?.id).toBe(id)
    expect(device && isCurrent(settings, device, "encoded")).toBe(true)
    expect(readDevice(settings, value, alice, now + 60_000)).toBeUndefined()
  })

  it("is not accepted for another user name", () => {
    expect(readDevice(settings, value, keys.account("bob"), now)).toBeUndefined()
  })

  it("ends with the password", () => {
    const device = readDevice(settings, value, alice, now)
    expect(device && isCurrent(settings, device, "another")).toBe(false)
  })

  it("is accepted with a former secret key, and not with another", () => {
    const renewed = settingsWith("new", ["secret"])
    const device = readDevice(renewed, value, alice, now)
    expect(device && isCurrent(renewed, device, "encoded")).toBe(true)
    expect(readDevice(settingsWith("new"), value, alice, now)).toBeUndefined()
  })

  it("is not accepted with any other character", () => {
    for (let at = 0; at < value.length; at++) {
      const altered = value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1)
      expect(readDevice(settings, altered, alice, now)).toBeUndefined()
    }
    for (const other of [
      undefined,
      "",
      ".",
      ":",
      `${value}.`,
      `${value}:`,
      `${value} `,
      value.slice(1),
      "x".repeat(100_000)
    ])
      expect(readDevice(settings, other, alice, now)).toBeUndefined()
  })

  it("needs no escapes in any cookie library", () => {
    expect(encodeURIComponent(value)).toBe(value)
  })

  it("contains neither the user name nor the stored password", () => {
    expect(value).not.toContain("alice")
    expect(value).not.toContain("encoded")
    expect(value).not.toContain(alice)
  })
})

describe("the keys", () => {
  it("are the same for names that differ in width or space around them, not in case", () => {
    for (const name of [" alice ", "ａlice"]) expect(keys.account(name)).toBe(alice)
    for (const name of ["alicf", "Alice", "ALICE"]) expect(keys.account(name)).not.toBe(alice)
    expect(keys.recipient("Alice@Example.com")).toBe(keys.recipient("alice@example.com"))
  })

  it("are the same for one IPv6 network, and differ for two IPv4 addresses", () => {
    expect(keys.networks("2001:db8::1")).toEqual(keys.networks("2001:db8::ffff"))
    expect(keys.networks("192.0.2.1")).not.toEqual(keys.networks("192.0.2.2"))
  })

  it("are two for an IPv6 address, of which its neighbours share the wide one, and one for other addresses", () => {
    const kindsOf = (address: string) => keys.networks(address).map(({ kind }) => kind)
    expect(kindsOf("2001:db8::1")).toEqual(["network", "wideNetwork"])
    expect(keys.requesters("2001:db8::1").map(({ kind }) => kind)).toEqual(["requester", "wideRequester"])
    for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "", "no address"])
      expect(kindsOf(address)).toEqual(["network"])
    const [one, neighbour, other] = ["2001:db8::1", "2001:db8:0:1::1", "2001:db8:1::1"].map((each) =>
      keys.networks(each)
    )
    expect([neighbour?.[0], neighbour?.[1]]).toEqual([expect.not.objectContaining(one?.[0] ?? {}), one?.[1]])
    expect(other?.[1]).not.toEqual(one?.[1])
  })

  it("depend on the secret key and the kind", () => {
    expect(makeThrottleKeys("other").account("alice")).not.toBe(alice)
    expect(keys.recipient("alice").split(":")[1]).not.toBe(alice.split(":")[1])
  })

  it("are short for long names, and made in linear time", () => {
    expect(keys.account("\u0301".repeat(1_000_000)).length).toBeLessThan(64)
  })
})
