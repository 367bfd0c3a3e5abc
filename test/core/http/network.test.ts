import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { networkOf } from "../../../src/core/http/network.ts"

describe("the network of an address", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002:0:0:0:9", "2001:db8:1:2::/64"],
    ["2001:db8::7", "2001:db8:0:0::/64"],
    ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
    ["unknown", "unknown"]
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it("is the same for every spelling of an IPv6 address, and for all addresses of its /64", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(0xffff), (address, last) => {
        const written = new URL(`http://[${address}]/`).hostname.slice(1, -1)
        fc.pre(!address.includes(".") && !written.startsWith("::ffff:"))
        expect(networkOf(address)).toBe(networkOf(written))
        const groups = networkOf(written).replace("::/64", "")
        expect(networkOf(`${groups}:1:2:3:${last.toString(16)}`)).toBe(`${groups}::/64`)
      })
    )
  })

  it("is a text for any input, without an exception", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."0aF:.%g/") }), (text) => void networkOf(text)))
  })
})
