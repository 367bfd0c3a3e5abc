import { isIP } from "node:net"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { networkOf, unknownNetwork, wideNetworkOf } from "../../../../src/core/http/request/network.ts"

describe("the network of an address", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7:5678", "192.0.2.7"],
    [" 192.0.2.7\t", "192.0.2.7"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:192.0.2.7", "192.0.2.7"],
    ["::ffff:c000:0207", "192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["0:0:0:0:0:FFFF:192.0.2.7", "192.0.2.7"],
    ["0000:0000:0000:0000:0000:ffff:c000:0207", "192.0.2.7"],
    ["[::ffff:192.0.2.7]:5678", "192.0.2.7"],
    ["::ffff:0:192.0.2.7", "192.0.2.7"],
    ["64:ff9b::192.0.2.7", "192.0.2.7"],
    ["64:ff9b::c000:207", "192.0.2.7"],
    ["2002:c000:207:1:2:3:4:5", "192.0.2.7"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdf8", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002:0:0:0:9", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::192.0.2.7", "2001:db8:1:2::/64"],
    ["2001:db8::7", "2001:db8:0:0::/64"],
    ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
    ["[2001:db8:1:2::1]", "2001:db8:1:2::/64"],
    ["[2001:db8:1:2::1]:80", "2001:db8:1:2::/64"],
    ["[fe80::1%25eth0]:80", "fe80:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b:1::1", "64:ff9b:1:0::/64"],
    ["2001:1::1", "2001:1:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["[::1]:80", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"]
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it.each([
    "",
    " ",
    "unknown",
    "unix:/run/app.sock",
    "192.0.2.7, 198.51.100.1",
    "192.0.2",
    "192.0.2.7.",
    "192.0.2.7.9",
    "192.0.2.256",
    "192.0.2.07",
    "0xc0.0.2.7",
    "3221225991",
    "192.0.2.7:",
    "192.0.2.7:123456",
    "192.0.2.7/24",
    "[192.0.2.7]",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "g::1",
    "::1:",
    ":1::",
    "::192.0.2.7:1",
    "[::1",
    "::1]",
    "[::1]80",
    `::1${" ".repeat(1000)}`
  ])("of %j, which is no address, is the one of all unknown clients", (text) => {
    expect([networkOf(text), wideNetworkOf(text)]).toEqual([unknownNetwork, undefined])
  })

  const hex = (group: number) => group.toString(16)
  /** Spellings of the same address: digits in upper case and with zeros, brackets, ports, zones, white space. */
  const spellings = (plain: ReadonlyArray<string>) =>
    fc
      .record({
        text: fc.constantFrom(...plain),
        upper: fc.boolean(),
        around: fc.constantFrom(
          (text: string) => text,
          (text: string) => `[${text}]`,
          (text: string) => `[${text}]:443`,
          (text: string) => `${text}%eth0`,
          (text: string) => ` ${text} `
        )
      })
      .map(({ around, text, upper }) => around(upper ? text.toUpperCase() : text))

  it("is the same for every spelling of an IPv6 address, and for all addresses of its /64", () => {
    const group = fc.oneof(fc.constant(0), fc.nat(0xffff))
    const eight = fc.tuple(group, group, group, group, group, group, group, group)
    fc.assert(
      fc.property(
        eight.chain((groups) => {
          const full = groups.map((each) => hex(each).padStart(4, "0")).join(":")
          const short = new URL(`http://[${full}]/`).hostname.slice(1, -1)
          return fc.tuple(fc.constant(groups), spellings([full, groups.map(hex).join(":"), short]))
        }),
        fc.nat(0xffff),
        ([groups, spelling], last) => {
          fc.pre(isIPv6Alone(groups))
          const [a, b, c, d] = groups.map(hex)
          expect(networkOf(spelling)).toBe(`${a}:${b}:${c}:${d}::/64`)
          expect(networkOf(`${a}:${b}:${c}:${d}:1:2:3:${hex(last)}`)).toBe(networkOf(spelling))
          expect(wideNetworkOf(spelling)).toBe(`${a}:${b}:${c}::/48`)
        }
      )
    )
  })

  it("is the IPv4 address for each form of it", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(0xffff), fc.nat(0xffff), fc.nat(65535), (address, any, other, port) => {
        const bytes = address.split(".").map(Number)
        const [high = 0, low = 0] = [0, 2].map((at) => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0))
        const inverted = [high, low].map((group) => hex(group ^ 0xffff)).join(":")
        for (const spelling of [
          address,
          `${address}:${port}`,
          `::ffff:${address}`,
          `::FFFF:${hex(high)}:${hex(low)}`,
          `[0:0:0:0:0:ffff:${address}]:${port}`,
          `64:ff9b::${address}`,
          `64:FF9B:0:0:0:0:${hex(high)}:${hex(low)}`,
          `2002:${hex(high)}:${hex(low)}:${hex(any)}::${hex(other)}`,
          `2001:0:${hex(any)}:${hex(other)}:0:${hex(any)}:${inverted}`
        ])
          expect([networkOf(spelling), wideNetworkOf(spelling)]).toEqual([address, undefined])
      })
    )
  })

  it("is known for exactly the addresses that Node knows", () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."0129aF:.") }),
      fc.string({ unit: fc.constantFrom("::", ":", "0", "ff", "192.0.2.7") }),
      fc.ipV4Extended(),
      fc.ipV6()
    )
    fc.assert(
      fc.property(text, (written) => {
        fc.pre(!/^[\d.]+:\d+$/.test(written))
        expect(networkOf(written) !== unknownNetwork).toBe(isIP(written) !== 0)
      }),
      { numRuns: 1000 }
    )
  })

  it("is a text for any input, without an exception", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."0aF:.%g/[] ") }), (text) => void networkOf(text)))
  })
})

/** Whether the address contains no IPv4 address. */
const isIPv6Alone = ([first, second, ...rest]: ReadonlyArray<number>): boolean =>
  first !== 0x2002 &&
  !(first === 0x2001 && second === 0) &&
  !(first === 0 && rest.slice(0, 2).every((each) => each === 0))
