/**
 * What goes wrong in a simpler design, by the names in docs/device-bound-sessions.md, on a site in memory with a scripted
 * browser that does as Chromium does. The middleware for Django is tried in test/interop/device-bound.test.ts.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import { type Browser, type LawDeviceBound, testSite } from "../../../../src/testing/index.ts"
import { lawSiteOf } from "../../../../src/testing/laws/memory/memory-site.ts"
import { makeDevice } from "../../../rig/device.ts"

const scene = (cookieSeconds = 600) => {
  const site = testSite({
    origin: "https://shop.example",
    auth: { sessionCookie: { secure: true }, deviceBound: { mode: "enforce", cookieSeconds } }
  })
  const law = lawSiteOf(site)
  const device: LawDeviceBound = law.deviceBound ?? expect.fail("sessions are not bound")
  const [alice] = law.users
  const visit = async (browser: Browser) => law.user(await law.pages.visit(browser))
  const bound = async () => {
    const browser = device.browser()
    await law.pages.login(browser, alice)
    await browser.settled()
    expect(browser.boundSessions.length).toBe(1)
    return browser
  }
  return { alice, bound, device, law, site, visit }
}

const docs = readFileSync(join(import.meta.dirname, "../../../../docs/device-bound-sessions.md"), "utf8")
const stores = memory()
const refusal = (options: Partial<Parameters<typeof createAuth>[0]>): string => {
  try {
    createAuth({
      secretKey: "device-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
      sessions: stores.sessions,
      backends: { model: modelBackend(stores.users) },
      sessionCookie: { secure: true },
      deviceBound: { mode: "enforce" },
      ...options
    })
    return "accepted"
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe("device-bound sessions", () => {
  it("A registration beside the page: a registration that ends before the page after the login is judged logs no user out", async () => {
    const { alice, device, law, visit } = scene()
    const browser = device.browser()
    await law.pages.login(browser, alice)
    const page = browser.copy() // sent before the registration is answered: without the short cookie
    await browser.settled()
    expect(browser.boundSessions.length).toBe(1)
    expect(await visit(page)).toBe("alice")
  })

  it("Links on other sites: a link on another site, for which browsers do not renew, logs no user out", async () => {
    const { bound, device, law, site } = scene()
    const browser = await bound()
    site.clock.advance({ seconds: 700 })
    const first = await browser.fetch(device.handler, "/", { from: "https://mail.example/inbox" })
    expect([first.status, first.headers.get("refresh")]).toEqual([401, "0"])
    expect(await law.user(await browser.fetch(device.handler, "/"))).toBe("alice")
  })

  it("Initiators of refreshes: browsers are not told of allowed_refresh_initiators, which make them refresh without cookies", async () => {
    const { alice, device, law } = scene()
    const browser = law.browser()
    const login = await law.pages.login(browser, alice)
    const [, challenge = ""] = /challenge="([^"]*)"/.exec(login.headers.get("secure-session-registration") ?? "") ?? []
    const headers = { "secure-session-response": makeDevice().register(challenge) }
    const answer = await browser.fetch(device.handler, "/dbsc/register", { method: "POST", csrf: false, headers })
    expect(Object.keys(JSON.parse(await answer.text())).toSorted()).toEqual([
      "credentials",
      "refresh_url",
      "scope",
      "session_identifier"
    ])
  })

  it("The quota of signatures: the six signatures in nine minutes are enough for the shortest cookie, and a shorter one is refused", async () => {
    const { bound, site, visit } = scene(300)
    const browser = await bound()
    const users = new Set<string | undefined>()
    for (let seconds = 0; seconds < 3600; seconds += 10) {
      site.clock.advance({ seconds: 10 })
      users.add(await visit(browser))
      await browser.settled()
    }
    expect([...users]).toEqual(["alice"])
    expect(refusal({ deviceBound: { mode: "enforce", cookieSeconds: 299 } })).toContain(
      "deviceBound.cookieSeconds must be a whole number from 300"
    )
  })

  it.each([
    300, 600, 900
  ])("cost an active user as many renewals per hour as the docs say: %i s", async (cookieSeconds) => {
    const { bound, law, site } = scene(cookieSeconds)
    const browser = await bound()
    for (let seconds = 0; seconds < 3600; seconds += 10) {
      site.clock.advance({ seconds: 10 })
      await law.pages.visit(browser)
      await browser.settled()
    }
    const [, renewals, requests] =
      new RegExp(`^\\| ${cookieSeconds} \\| ([\\d.]+) \\| ([\\d.]+) \\|`, "m").exec(docs) ?? []
    const sent = (kind: string) => browser.exchanges.filter((exchange) => exchange.sent === kind).length
    // A page every ten seconds renews up to ten seconds later than one every second.
    expect(sent("proof")).toBeLessThanOrEqual(Number(renewals))
    expect(sent("proof")).toBeGreaterThanOrEqual(Number(renewals) * 0.85)
    expect(sent("probe") + sent("proof")).toBeLessThanOrEqual(Number(requests))
  })

  it("A refresh beside a new key: a refresh with the session cookie of before a new key neither ends the binding nor touches the cookie", async () => {
    const { bound, device, law, site, visit } = scene()
    const browser = await bound()
    const [id = ""] = browser.boundSessions
    const old = browser.copy()
    await law.pages.cycle?.(browser)
    site.clock.advance({ seconds: 700 })
    const send = (headers: Readonly<Record<string, string>>) =>
      old.fetch(device.handler, "/dbsc/refresh", {
        method: "POST",
        csrf: false,
        headers: { "sec-secure-session-id": id, ...headers }
      })
    const probe = await send({})
    const [, challenge = ""] = /"([^"]*)"/.exec(probe.headers.get("secure-session-challenge") ?? "") ?? []
    const proof = await send({ "secure-session-response": browser.keyOf(id)?.prove(challenge) ?? "" })
    expect([probe.status, proof.status]).toEqual([403, 503])
    expect([...probe.headers.getSetCookie(), ...proof.headers.getSetCookie()]).toEqual([])
    expect(await visit(browser)).toBe("alice")
    expect(browser.boundSessions).toEqual([id])
  })

  it("Guarding only the user: a copied cookie shows no data, writes nothing and does not make the session last longer", async () => {
    const { bound, law, site } = scene()
    const browser = await bound()
    await law.pages.write?.(browser, "cart", 1)
    const copy = browser.copy()
    site.clock.advance({ seconds: 700 })
    const rows = JSON.stringify([...site.stores.sessions.rows])
    const seen = await law.pages.visit(copy)
    expect([await law.user(seen.clone()), await law.data?.(seen)]).toEqual([undefined, {}])
    await law.pages.write?.(copy, "cart", 2)
    await law.pages.cycle?.(copy)
    await law.pages.clear?.(copy)
    expect(JSON.stringify([...site.stores.sessions.rows])).toBe(rows)
    expect(await law.data?.(await law.pages.visit(browser))).toEqual({ cart: 1 })
  })

  it("Stores that cannot end a session: a store that cannot end a session is refused: a copy from before the registration would stay valid", () => {
    expect(refusal({ sessions: signedCookieSessions() })).toContain("use a store on a server")
  })

  it("Django beside latchkey: enforce is refused beside a Django that may take the session cookie alone", () => {
    const shared = { ...stores.sessions, capabilities: { ...stores.sessions.capabilities, sharedWithDjango: true } }
    const message = refusal({ sessions: shared })
    expect(message).toContain("write djangoChecks: true if every such site has the middleware")
    expect(message).toContain("or djangoChecks: false if there is none")
    const deviceBound = { mode: "enforce", djangoChecks: true } as const
    expect(refusal({ sessions: shared, deviceBound })).toBe("accepted")
  })

  it("Challenges that are used once: challenges are not stored: four proofs over one are accepted at the same time, and none writes", async () => {
    const { bound, device, site } = scene()
    const browser = await bound()
    const [id = ""] = browser.boundSessions
    const send = (headers: Readonly<Record<string, string>>) =>
      browser.copy().fetch(device.handler, "/dbsc/refresh", {
        method: "POST",
        csrf: false,
        headers: { "sec-secure-session-id": id, ...headers }
      })
    const probe = await send({})
    const [, challenge = ""] = /"([^"]*)"/.exec(probe.headers.get("secure-session-challenge") ?? "") ?? []
    const proof = { "secure-session-response": browser.keyOf(id)?.prove(challenge) ?? "" }
    const rows = JSON.stringify([...site.stores.sessions.rows])
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(proof)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(JSON.stringify([...site.stores.sessions.rows])).toBe(rows)
  })

  it("have a test for each row of the docs", () => {
    const [, section = ""] = docs.split("## What goes wrong in a simpler design")
    const [table = ""] = section.split("## Pitfalls")
    const rows = Array.from(table.matchAll(/^\| ([A-Z][^|]*) \|/gm), ([, name = ""]) => name)
    const own = readFileSync(import.meta.filename, "utf8")
    expect(rows.length).toBe(9)
    expect(rows.filter((name) => !own.includes(`it("${name}: `))).toEqual([])
  })
})
