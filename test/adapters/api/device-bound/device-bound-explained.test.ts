/** The explanation of a device-bound session says what a request with these cookies would do. */
import { describe, expect, it } from "vitest"
import { testSite } from "../../../../src/testing/index.ts"
import { lawSiteOf } from "../../../../src/testing/laws/memory/memory-site.ts"

const short = "__Host-sessionid-device"

const scene = async (deviceBound: { readonly mode: "observe" | "enforce"; readonly unbound?: "end" }) => {
  const site = testSite({ origin: "https://shop.example", auth: { sessionCookie: { secure: true }, deviceBound } })
  const { pages, users } = lawSiteOf(site)
  const browser = site.deviceBrowser()
  await pages.login(browser, users[0])
  await browser.settled()
  const explained = async (input: Parameters<typeof site.auth.explainSession>[0]) => {
    const { steps, user } = await site.auth.explainSession(input)
    return [steps.at(-2)?.rule, steps.at(-1)?.rule, user?.username]
  }
  const session = `sessionid=${browser.cookie("sessionid")}`
  return { site, browser, explained, session, both: `${session}; ${short}=${browser.cookie(short)}` }
}

describe("explainSession of a session that is bound to a device", () => {
  it("says whether the short cookie proves it, and whether it needs a proof yet", async () => {
    const { both, browser, explained, session, site } = await scene({ mode: "enforce" })
    expect(await explained({ cookies: session })).toEqual(["DeviceSettling", "LoggedIn", "alice"])
    site.clock.advance({ seconds: 11 })
    expect(await explained({ cookies: both })).toEqual(["DeviceProven", "LoggedIn", "alice"])
    expect(await explained({ cookies: session })).toEqual(["DeviceUnproven", "Anonymous", undefined])
    expect(await explained({ cookies: `${session}; ${short}=forged` })).toEqual([
      "DeviceUnproven",
      "Anonymous",
      undefined
    ])
    expect(await explained({ sessionKey: browser.cookie("sessionid") ?? "" })).toEqual([
      "DeviceAsked",
      "LoggedIn",
      "alice"
    ])
    const { steps } = await site.auth.explainSession({ cookies: session })
    expect(steps.at(-2)?.text).toContain(`there is no valid cookie ${short}`)
    expect(steps.at(-2)?.text).toContain("So the session is closed to this request.")
  })

  it("says that a site which only observes uses it nevertheless", async () => {
    const { explained, session, site } = await scene({ mode: "observe" })
    site.clock.advance({ seconds: 11 })
    expect(await explained({ cookies: session })).toEqual(["DeviceUnproven", "LoggedIn", "alice"])
  })

  it("says that no device has registered, where that closes the session", async () => {
    for (const unbound of [undefined, "end"] as const) {
      const { explained, site } = await scene({ mode: "enforce", ...(unbound === undefined ? {} : { unbound }) })
      const browser = site.browser()
      const { pages, users } = lawSiteOf(site)
      await pages.login(browser, users[0])
      const cookies = `sessionid=${browser.cookie("sessionid")}`
      expect((await explained({ cookies }))[1], "within the grace").toBe("LoggedIn")
      site.clock.advance({ seconds: 11 })
      expect(await explained({ cookies })).toEqual(
        unbound === undefined ? ["HashCurrent", "LoggedIn", "alice"] : ["DeviceUnregistered", "Anonymous", undefined]
      )
    }
  })

  it("says nothing about devices if sessions are not bound", async () => {
    const site = testSite()
    const browser = await site.browserOf("alice")
    const { steps } = await site.auth.explainSession({ cookies: browser.header })
    expect(steps.filter(({ rule }) => rule.startsWith("Device"))).toEqual([])
  })
})
