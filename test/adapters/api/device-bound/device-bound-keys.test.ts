/** The keys of devices, and what is left of a binding when the secret key of the site changes. */
import { describe, expect, it } from "vitest"
import { type Browser, type LawDeviceBound, testSite } from "../../../../src/testing/index.ts"
import { lawSiteOf } from "../../../../src/testing/laws/memory/memory-site.ts"
import { type Device, makeDevice } from "../../../rig/device.ts"

const scene = () => {
  const site = testSite({
    origin: "https://shop.example",
    auth: { sessionCookie: { secure: true }, deviceBound: { mode: "enforce" } }
  })
  const law = lawSiteOf(site)
  const device: LawDeviceBound = law.deviceBound ?? expect.fail("sessions are not bound")
  const [alice] = law.users
  const login = async (browser: Browser) => {
    const { headers } = await law.pages.login(browser, alice)
    const [, challenge = ""] = /challenge="([^"]*)"/.exec(headers.get("secure-session-registration") ?? "") ?? []
    return { challenge, id: challenge.split(".")[1] ?? "" }
  }
  const send = (browser: Browser, path: string, headers: Readonly<Record<string, string>>) =>
    browser.fetch(device.handler, path, { method: "POST", csrf: false, headers })
  const register = (browser: Browser, own: Device, challenge: string) =>
    send(browser, "/dbsc/register", { "secure-session-response": own.register(challenge) })
  const refresh = async (browser: Browser, id: string, own: Device) => {
    const { headers } = await send(browser, "/dbsc/refresh", { "sec-secure-session-id": id })
    const [, challenge = ""] = /"([^"]*)"/.exec(headers.get("secure-session-challenge") ?? "") ?? []
    return send(browser, "/dbsc/refresh", {
      "sec-secure-session-id": id,
      "secure-session-response": own.prove(challenge)
    })
  }
  const userIn = async (browser: Browser) => law.user(await law.pages.visit(browser))
  return { alice, device, law, login, refresh, register, send, site, userIn }
}

describe("the key of a device", () => {
  it.each([
    ["ES256", 0],
    ["RS256", 2048],
    ["RS256", 4096]
  ] as const)("%s (%i bits) registers and renews", async (alg, bits) => {
    const { alice, device, law, login, refresh, register, site, userIn } = scene()
    const browser = law.browser()
    const own = makeDevice(alg, bits)
    const { challenge, id } = await login(browser)
    expect((await register(browser, own, challenge)).status).toBe(200)
    site.clock.advance({ seconds: 700 })
    expect(await userIn(browser)).toBeUndefined()
    expect((await refresh(browser, id, own)).status).toBe(200)
    expect(await userIn(browser)).toBe(alice.username)
    expect((await refresh(browser, id, makeDevice(alg))).status, "another key of this kind").toBe(401)
    expect(browser.cookie(device.cookie)).toBeDefined()
  })

  it("of 1024 bits is refused, and so is the proof of a key of the other kind", async () => {
    const { law, login, refresh, register } = scene()
    const browser = law.browser()
    const { challenge, id } = await login(browser)
    expect((await register(browser, makeDevice("RS256", 1024), challenge)).status).toBe(400)
    const own = makeDevice("RS256")
    expect((await register(browser, own, challenge)).status).toBe(200)
    expect((await refresh(browser, id, makeDevice("ES256"))).status).toBe(401)
    expect((await refresh(browser, id, own)).status).toBe(200)
  })

  it("is taken from a proof of its own algorithm only", async () => {
    const { law, login, send } = scene()
    const browser = law.browser()
    const { challenge } = await login(browser)
    const rsa = makeDevice("RS256")
    const [, payload = "", signature = ""] = rsa.register(challenge).split(".")
    const head = (alg: string) =>
      Buffer.from(JSON.stringify({ alg, typ: "dbsc+jwt", jwk: { kty: "RSA", n: "AQAB", e: "AQAB" } })).toString(
        "base64url"
      )
    for (const alg of ["ES256", "HS256", "none"]) {
      const jws = `${head(alg)}.${payload}.${signature}`
      expect((await send(browser, "/dbsc/register", { "secure-session-response": jws })).status, alg).toBe(400)
    }
  })
})

describe("a new secret key, with the old one among the fallbacks", () => {
  it("keeps the binding when a page gives the session a new key and a new hash", async () => {
    const { alice, device, law, site } = scene()
    const browser = device.browser()
    await law.pages.login(browser, alice)
    await browser.settled()
    const [before] = browser.boundSessions
    const key = browser.cookie("sessionid")
    law.secretKeys?.replace()
    site.clock.advance({ seconds: 30 })
    expect(await law.user(await law.pages.visit(browser)), "with the short cookie of the old key").toBe(alice.username)
    expect(browser.cookie("sessionid"), "the session has a new key").not.toBe(key)
    law.secretKeys?.removeFormer()
    browser.deleteShortCookies()
    expect(await law.user(await law.pages.visit(browser))).toBe(alice.username)
    expect(browser.boundSessions).toEqual([before])
    expect(browser.exchanges.map(({ sent, status }) => `${sent} ${status}`)).toEqual([
      "registration 200",
      "probe 403",
      "proof 200"
    ])
  })

  it("accepts a proof and a registration before such a page, and leaves the session cookie", async () => {
    const { alice, law, login, refresh, register, userIn } = scene()
    const browser = law.browser()
    const own = makeDevice()
    const { challenge, id } = await login(browser)
    const key = browser.cookie("sessionid")
    law.secretKeys?.replace()
    expect((await register(browser, own, challenge)).status, "over a challenge of the old key").toBe(200)
    expect((await refresh(browser, id, own)).status).toBe(200)
    expect(browser.cookie("sessionid")).toBe(key)
    expect(await userIn(browser)).toBe(alice.username)
    expect((await refresh(browser, id, own)).status, "after the page").toBe(200)
    law.secretKeys?.removeFormer()
    expect((await refresh(browser, id, own)).status, "without the old key").toBe(200)
    expect(await userIn(browser)).toBe(alice.username)
  })

  it("accepts no short cookie and no challenge of a key that is no longer among them", async () => {
    const { law, login, register, send, site } = scene()
    const browser = law.browser()
    const own = makeDevice()
    const { challenge, id } = await login(browser)
    await register(browser, own, challenge)
    const probe = await send(browser, "/dbsc/refresh", { "sec-secure-session-id": id })
    const [, old = ""] = /"([^"]*)"/.exec(probe.headers.get("secure-session-challenge") ?? "") ?? []
    law.secretKeys?.replace()
    await law.pages.visit(browser)
    law.secretKeys?.removeFormer()
    site.clock.advance({ seconds: 11 })
    expect(await law.user(await law.pages.visit(browser.copy())), "by the old short cookie").toBeUndefined()
    const proof = { "sec-secure-session-id": id, "secure-session-response": own.prove(old) }
    expect((await send(browser, "/dbsc/refresh", proof)).status).toBe(403)
  })
})
