/** What the two endpoints of device-bound sessions answer, and what a login offers. */
import { expect } from "vitest"
import * as Wire from "../../../../full-stack/wire.ts"
import { makeDevice } from "../../../../rig/device.ts"
import { type Clause, clause } from "../clause.ts"
import { outage } from "../faults.ts"
import { authenticated, keyIn } from "../site.ts"
import {
  bound,
  challengeIn,
  doing,
  expectOwnAnswer,
  header,
  https,
  loggedIn,
  navigating,
  post,
  probe,
  prove,
  register,
  seconds,
  short,
  shortIn,
  who
} from "./device-visitor.ts"

export const exchanges: ReadonlyArray<Clause> = [
  clause("a login on https offers a registration, a login on http does not", async (site) => {
    const browser = await loggedIn(site)
    expect(browser.offer).toBe(`(ES256 RS256);path="/dbsc/register";challenge="${browser.challenge}"`)
    expect(browser.id).toMatch(/^[\w-]{22}$/)
    const plain = await site.visit(async (context) => {
      await authenticated(context)
      return {}
    })
    expect(header(plain, "secure-session-registration")).toBe("")
  }),
  clause("a login whose response is an error offers nothing", async ({ visit }) => {
    const reply = await visit(
      async (context) => {
        await authenticated(context)
        return { status: 500 }
      },
      { lines: [https] }
    )
    expect(header(reply, "secure-session-registration")).toBe("")
  }),
  clause("a registration with a good proof gives the short cookie and the instructions", async (site) => {
    const browser = await loggedIn(site)
    const reply = await register(site, browser)
    expectOwnAnswer(reply, 200)
    expect(JSON.parse(reply.body)).toEqual({
      session_identifier: browser.id,
      refresh_url: "/dbsc/refresh",
      scope: { include_site: false, scope_specification: [{ type: "exclude", path: "/static" }] },
      credentials: [{ type: "cookie", name: short, attributes: "Path=/; Secure; HttpOnly; SameSite=Lax" }]
    })
    const [cookie = ""] = Wire.cookiesOf(reply)
    expect(
      cookie
        .split("; ")
        .slice(1)
        .map((part) => part.toLowerCase())
        .sort()
    ).toEqual([expect.stringMatching(/^expires=/), "httponly", "max-age=600", "path=/", "samesite=lax", "secure"])
    expect((await register(site, browser)).status, "twice").toBe(400)
  }),
  clause("a refresh asks no store for the challenge, and once for the proof; it writes nothing", async (site) => {
    const browser = await bound(site)
    site.stores.heal()
    const first = await probe(site, browser)
    expectOwnAnswer(first, 403)
    expect([site.stores.asked().sessions, site.stores.commits()]).toEqual([0, 0])
    const second = await prove(site, browser, `"${browser.device.prove(challengeIn(first))}"`)
    expectOwnAnswer(second, 200)
    expect(shortIn(second)).toMatch(new RegExp(`^${browser.id}\\.\\d+\\.`))
    expect([site.stores.asked().sessions, site.stores.commits()]).toEqual([1, 0])
  }),
  clause("a proof of another device, of an old challenge or in another form gives nothing", async (site) => {
    const browser = await bound(site)
    const challenge = challengeIn(await probe(site, browser))
    const { device } = browser
    expectOwnAnswer(await prove(site, browser, makeDevice().prove(challenge)), 401)
    expectOwnAnswer(await prove(site, browser, device.register(challenge)), 401)
    expectOwnAnswer(await prove(site, browser, "garbage"), 401)
    for (const old of [browser.challenge, "x.y.z", challenge.replace("refresh", "register")]) {
      const again = await prove(site, browser, device.prove(old))
      expectOwnAnswer(again, 403)
      expect(challengeIn(again)).not.toBe("")
    }
    expectOwnAnswer(await prove(site, browser, device.prove(challenge), "A".repeat(22)), 404)
    expectOwnAnswer(await prove(site, browser, device.prove(challenge), "short"), 404)
    expectOwnAnswer(await prove(site, browser, device.prove(challenge)), 200)
    seconds(301)
    expectOwnAnswer(await prove(site, browser, device.prove(challenge)), 403)
  }),
  clause("without a session cookie a refresh ends the bound session, and a registration is refused", async (site) => {
    const browser = await bound(site)
    const stranger = { ...browser, long: [https] }
    expectOwnAnswer(await probe(site, stranger), 404)
    expectOwnAnswer(await prove(site, stranger, browser.device.prove("c")), 404)
    expectOwnAnswer(await register(site, stranger), 400)
    expectOwnAnswer(await post(site, "/dbsc/refresh", browser.lines), 404)
    expectOwnAnswer(await post(site, "/dbsc/register", browser.lines), 400)
  }),
  clause(
    "a session that is gone, and a store that is away, is a 503 and never ends the bound session",
    async (site) => {
      const browser = await bound(site)
      const late = await loggedIn(site)
      const challenge = challengeIn(await probe(site, browser))
      site.stores.beforeLoad = outage
      expectOwnAnswer(await probe(site, browser), 403)
      expectOwnAnswer(await prove(site, browser, browser.device.prove(challenge)), 503)
      expectOwnAnswer(await register(site, late), 503)
      expect(site.told().length).toBe(2)
      site.stores.heal()
      site.stores.beforeCommit = outage
      expectOwnAnswer(await register(site, late), 503)
      expect(site.told().length).toBe(1)
      site.stores.heal()
      site.stores.remove(browser.key)
      expectOwnAnswer(await prove(site, browser, browser.device.prove(challenge)), 503)
      expect((await register(site, late)).status).toBe(200)
    }
  ),
  clause("other methods than POST are refused", async ({ port }) => {
    const reply = await Wire.ask(port, Wire.request("GET", "/dbsc/refresh", [https], ""))
    expectOwnAnswer(reply, 405)
  }),
  clause("an offer that a browser may have missed is repeated within the grace", async (site) => {
    const browser = await loggedIn(site)
    const page = [...navigating, "Sec-Fetch-Dest: document"]
    const offerOn = async (lines: ReadonlyArray<string>) =>
      header(await site.visit(who, { lines: [...browser.long, ...lines] }), "secure-session-registration")
    expect(await offerOn(page), "immediately").toBe("")
    seconds(3)
    expect(await offerOn(["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"]), "to a script").toBe("")
    const again = await offerOn(page)
    expect(again).toContain(`challenge="register.${browser.id}.`)
    const cycled = await site.visit(
      doing(({ session }) => session.cycleKey()),
      { lines: browser.long }
    )
    const moved = { ...browser, long: [https, `Cookie: sessionid=${keyIn(cycled)}`] }
    const [, challenge = ""] = /challenge="([^"]*)"/.exec(header(cycled, "secure-session-registration")) ?? []
    expectOwnAnswer(await register(site, browser), 503)
    expectOwnAnswer(await register(site, moved, browser.device.register(challenge)), 200)
    expect(header(await site.visit(who, { lines: [...moved.long, ...page] }), "secure-session-registration")).toBe("")
    const late = await loggedIn(site)
    seconds(11)
    const first = await site.visit(who, { lines: [...late.long, ...page] })
    expect(header(first, "secure-session-registration"), "after the grace").toBe("")
  }),
  clause("a registration after the grace is refused", async (site) => {
    const browser = await loggedIn(site)
    seconds(11)
    expectOwnAnswer(await register(site, browser), 400)
  })
]
