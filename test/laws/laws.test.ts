/** Every law of `latchkey/testing` holds on a site in memory. Those on sites with other settings are in other-settings.test.ts. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { type Browser, brokenStores, LawBroken, lawSite, laws, testSite } from "../../src/testing/index.ts"
import type { LawSite } from "../../src/testing/laws/law-site.ts"
import { lawTexts } from "../../src/testing/laws.ts"
import { bindingSite, lawOn, siteOn, sound } from "./faults/sites.ts"
import { lawsPage } from "./laws-page.ts"

const isOfDevices = ({ needs }: { readonly needs: ReadonlyArray<string> }) => needs.includes("deviceBound")

describe("on a site in memory", () => {
  it.each(laws(testSite({ userSessions: true })).filter((law) => !isOfDevices(law)))("$title", async ({
    check,
    skipped
  }) => {
    const { complete, notControlled, situations } = await check()
    expect({ complete, notControlled, skipped }).toEqual({ complete: true, notControlled: [], skipped: undefined })
    expect(situations).toBeGreaterThan(0)
  })
})

describe("on a site that binds sessions to devices", () => {
  it.each(laws(bindingSite()).filter(isOfDevices))("$title", async ({ check, skipped }) => {
    const { complete, notControlled, situations } = await check()
    expect({ complete, notControlled, skipped }).toEqual({ complete: true, notControlled: [], skipped: undefined })
    expect(situations).toBeGreaterThan(0)
  })
})

describe("laws", () => {
  it("visit the pages of the application, whose fault they find", async () => {
    const site = testSite()
    const app = withAuth(site.auth, async (request, { authenticate, getUser, login }) => {
      if (request.method === "POST") {
        const user = await authenticate(JSON.parse(await request.text()))
        if (user === undefined) return new Response("wrong", { status: 401 })
        await login(user)
      }
      return Response.json({ user: (await getUser())?.username })
    })
    const visit = (browser: Browser) => browser.fetch(app, "/")
    const own = lawSite(site, {
      pages: {
        visit,
        login: (browser, user) => browser.fetch(app, "/", { json: user }),
        logout: visit // it does not log out
      },
      user: async (response) => JSON.parse(await response.text()).user
    })
    await lawOn(own, "no-fixation").check()
    await expect(lawOn(own, "a-logout-is-final").check()).rejects.toThrow(LawBroken)
    expect(() => laws(Object.assign({}, site, { pages: own.pages }))).toThrow("write lawSite(site, { pages, user })")
  })

  it("have different names and sentences", () => {
    expect(new Set(lawTexts.map(({ id }) => id)).size).toBe(lawTexts.length)
    expect(new Set(lawTexts.map(({ title }) => title)).size).toBe(lawTexts.length)
  })

  it("say that they are skipped, and why, on a site that lacks what they need", async () => {
    const { gate: _, network: __, ...poor } = sound()
    const law = lawOn(poor, "no-lost-update")
    expect(law.title).toMatch(/ \(skipped: the site has no gate\)$/)
    expect(await law.check()).toMatchObject({ situations: 0, orders: 0 })
    expect(lawOn(poor, "an-outage-is-not-anonymous").skipped).toBe("the site has no network")
  })

  it("send requests one after the other on a site without a gate, and say so", async () => {
    const { gate: _, ...site } = sound()
    const law = lawOn(site, "a-logout-is-final")
    expect(law.title).toMatch(/ \(requests one after the other: the site has no gate\)$/)
    const checked = await law.check()
    expect(checked).toMatchObject({ complete: false, notControlled: [expect.stringContaining("no gate")] })
    expect(checked.orders).toBeGreaterThan(checked.situations)
  })

  it("tell in which situation and in which order they were broken", async () => {
    const upserts = brokenStores.find(({ name }) => name === "an Update inserts a row that is gone")
    if (upserts === undefined) throw new Error("no such store")
    const error = await lawOn(siteOn(upserts), "a-logout-is-final")
      .check()
      .catch((one: unknown) => one)
    expect(String(error)).toContain(
      "a logout beside: log in as the same user: the key of the session still acts as the user"
    )
    expect(String(error)).toMatch(/order "B B B A", 2 switches; 2 of 5 orders fail\.$/)
    expect(String(error)).toContain("  B recordLogin\n  A Delete\n  B Update")
  })

  it.each<[string, (site: LawSite) => LawSite]>([
    ["user: a browser without cookies is alice", (site) => ({ ...site, user: async () => "alice" })],
    ["user: after the login of alice it answers undefined", (site) => ({ ...site, user: async () => undefined })],
    ["cookie: after a login the browser has no cookie sid; it has: ", (site) => ({ ...site, cookie: "sid" })],
    [
      "pages.login: alice gets 401 with the password of users[0]",
      (site) => ({ ...site, users: [{ username: "alice", password: "wrong" }, site.users[1]] })
    ],
    ["reset: a session from before is still there", (site) => ({ ...site, reset: () => {} })]
  ])("say what is wrong with a site that is described wrongly: %s", async (message, wrong) => {
    await expect(lawOn(wrong(sound()), "the-same-user-each-time").check()).rejects.toThrow(message)
  })

  it("are described in docs/laws.md", () => {
    const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "laws.md"), "utf8")
    expect(page, "write it again with `npm run docs:laws`").toBe(lawsPage())
  })
})
