/** Every law of `latchkey/testing` that settings may matter to holds on sites with other settings. */
import { describe, expect, it } from "vitest"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { type LawTestSite, laws, testSite } from "../../src/testing/index.ts"
import { bindingSite, lawOn } from "./faults/sites.ts"

/**
 * What laws need that are left out here. These settings do not matter to laws about parallel requests and outages, which
 * take longer, nor to the law about sockets, which waits two seconds. Those about devices are in laws.test.ts.
 */
const unaffected: ReadonlyArray<string> = ["gate", "network", "sockets", "deviceBound"]

describe("on a site with other settings", () => {
  it.each<[string, () => LawTestSite]>([
    ["CSRF secrets in the session", () => testSite({ auth: { csrfUseSessions: true } })],
    ["CSRF checks by fetch metadata", () => testSite({ auth: { csrfMode: "fetch-metadata" } })],
    ["another CSRF header", () => testSite({ auth: { csrfHeaderName: "X-Other-Token" } })],
    ["a former secret key", () => testSite({ auth: { secretKeyFallbacks: ["a former key"] } })],
    ["another field for the next URL", () => testSite({ auth: { redirectFieldName: "to" } })],
    ["https", () => testSite({ origin: "https://shop.example", auth: { sessionCookie: { secure: true } } })],
    ["sessions that are bound to devices", bindingSite],
    ["sessions that every visit extends", () => testSite({ auth: { saveEveryRequest: true } })]
  ])("laws hold with %s", async (_, make) => {
    const found = laws(make()).filter(({ needs }) => !needs.some((need) => unaffected.includes(need)))
    for (const law of found) await law.check()
    expect(found.length).toBeGreaterThan(20)
  })

  it("a form beside a login restores no CSRF token of the session", async () => {
    const law = lawOn(testSite({ auth: { csrfUseSessions: true } }), "a-form-beside-a-login-restores-no-csrf-token")
    expect((await law.check()).orders).toBeGreaterThan(10)
  })

  it("laws hold with a hasher that draws a salt, and takes time", async () => {
    const site = testSite({ auth: { hashers: [pbkdf2Sha256({ iterations: 1 })] } })
    for (const law of laws(site).filter(({ needs }) => needs.some((need) => /secretKeys|passwords|hashed/.test(need))))
      await law.check()
  })
})
