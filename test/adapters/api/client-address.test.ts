/** The warnings about a throttle that knows no address of the client. */
import { afterEach, describe, expect, it, vi } from "vitest"
import { clientAddressOf } from "../../../src/adapters/api/client-address.ts"
import { forwardedFor } from "../../../src/adapters/api/forwarded-for.ts"

const head = (clientAddress?: string) => ({
  ...{ method: "GET", target: "/", headers: [] },
  transport: { secure: true, serverName: "a", serverPort: "443", ...(clientAddress && { clientAddress }) }
})

describe("the address of the client", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })
  const heard = () => vi.spyOn(console, "warn").mockImplementation(() => {})

  it("is warned about once in production, if the throttle gets none", () => {
    vi.stubEnv("NODE_ENV", "production")
    const warn = heard()
    const addressOf = clientAddressOf({ throttle: {} })
    expect(addressOf(head("192.0.2.1"))).toBe("192.0.2.1")
    expect(warn).not.toHaveBeenCalled()
    expect(addressOf(head())).toBeUndefined()
    expect(addressOf(head())).toBeUndefined()
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining("write the option clientAddress: forwardedFor({ proxies: 1 })")]
    ])
  })

  it("is not warned about without a throttle, before production, or if the application knows it", () => {
    const warn = heard()
    clientAddressOf({ throttle: {} })(head())
    vi.stubEnv("NODE_ENV", "production")
    clientAddressOf({})(head())
    expect(clientAddressOf({ throttle: {}, clientAddress: () => undefined })(head("192.0.2.1"))).toBeUndefined()
    expect(warn).not.toHaveBeenCalled()
  })

  it("is warned about once if the application returns something else", () => {
    const warn = heard()
    const returned = ["192.0.2.1", undefined, "[2001:db8::1]:443", "192.0.2.1, 172.16.0.1\u001b\u009b", "unknown"]
    const addressOf = clientAddressOf({ throttle: {}, clientAddress: ({ target }) => returned[Number(target)] })
    const asked = returned.map((_address, at) => addressOf({ ...head(), target: `${at}` }))
    expect(asked).toEqual(returned)
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /clientAddress returned "192\.0\.2\.1, 172\.16\.0\.1\\u001b\\u009b", which is no address: .* one count of failed logins/
        )
      ]
    ])
  })

  it("is warned about without a throttle, which is all that counts failed logins", () => {
    const warn = heard()
    clientAddressOf({ clientAddress: () => "unknown" })(head())
    const [[text] = []] = warn.mock.calls
    expect(text).toContain(
      "the queue for password checks takes the addresses of all such clients for one; return one address, or undefined"
    )
    expect(text).not.toContain("failed logins")
  })

  it("is warned about with advice that also fits an application that uses forwardedFor", () => {
    const warn = heard()
    const clientAddress = forwardedFor({ proxies: 1 })
    clientAddressOf({ throttle: {}, clientAddress })({ ...head(), headers: [["x-forwarded-for", "unknown"]] })
    expect(warn.mock.calls[0]?.[0]).toMatch(
      /returned "unknown", .*; return one address, or undefined if it is not known; .* the number of addresses that your proxies add/
    )
  })

  it("is not known if the application returns no text, which is warned about", () => {
    for (const [value, shown] of [
      ["null", "null"],
      ["7", "a value of type number"]
    ] as const) {
      const warn = heard()
      const addressOf = clientAddressOf({ throttle: {}, clientAddress: () => JSON.parse(value) })
      expect([addressOf(head()), addressOf(head())]).toEqual([undefined, undefined])
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining(`clientAddress returned ${shown}, which is no address`)]
      ])
      warn.mockRestore()
    }
  })

  it("is bounded in the warning", () => {
    const warn = heard()
    clientAddressOf({ clientAddress: () => "9".repeat(1000) })(head())
    expect(warn.mock.calls[0]?.[0]).toContain(`returned "${"9".repeat(100)}", which`)
  })
})
