/** The warning about a throttle that knows no address of the client. */
import { afterEach, describe, expect, it, vi } from "vitest"
import { clientAddressOf } from "../../../src/adapters/api/client-address.ts"

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
    expect(warn.mock.calls).toEqual([[expect.stringContaining("write the option clientAddress: (head) =>")]])
  })

  it("is not warned about without a throttle, before production, or if the application knows it", () => {
    const warn = heard()
    clientAddressOf({ throttle: {} })(head())
    vi.stubEnv("NODE_ENV", "production")
    clientAddressOf({})(head())
    expect(clientAddressOf({ throttle: {}, clientAddress: () => undefined })(head("192.0.2.1"))).toBeUndefined()
    expect(warn).not.toHaveBeenCalled()
  })
})
