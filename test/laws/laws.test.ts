/** Every law of `latchkey/testing` holds on a site in memory, and finds the faults that are planted into such sites. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import {
  type BrokenStore,
  type Browser,
  brokenStores,
  LawBroken,
  lawSite,
  laws,
  type TestAuthOptions,
  testSite
} from "../../src/testing/index.ts"
import type { LawSite } from "../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../src/testing/laws/memory-site.ts"
import { lawTexts } from "../../src/testing/laws.ts"
import { lawsPage } from "./laws-page.ts"

const siteOn = ({ place, stores }: BrokenStore) =>
  place === "store"
    ? testSite({ stores: (sound, gate) => stores(sound, (label) => gate.turn(label)) })
    : testSite({ client: (sound) => stores(sound) })

const sound = (): LawSite => lawSiteOf(testSite())

/** A site whose login redirects to what `choose` makes of `next`. */
const redirectingTo = (choose: (next: string) => string): LawSite => {
  const site = sound()
  return {
    ...site,
    pages: {
      ...site.pages,
      loginWithNext: async (browser, user, next) => {
        const { status } = await site.pages.login(browser, user)
        // A header cannot have line breaks.
        const location = choose(next).replaceAll("\n", "")
        return status < 400
          ? new Response(null, { status: 302, headers: { location } })
          : new Response(null, { status })
      }
    }
  }
}

/** A site that accepts more CSRF tokens than those of the visitor. */
const checking = (isAccepted: (token: string | undefined) => boolean): LawSite => {
  const site = sound()
  const { csrfToken, logoutWithToken } = site.pages
  return {
    ...site,
    pages: {
      ...site.pages,
      logoutWithToken: async (browser: Browser, token: string | undefined) => {
        const sent = isAccepted(token) ? await csrfToken?.(browser) : token
        return (await logoutWithToken?.(browser, sent)) ?? new Response(null, { status: 500 })
      }
    }
  }
}

/** A site that replaces a reset link before it checks it. */
const resetting = (
  site: LawSite,
  replace: (link: string, reset: (link: string) => Promise<Response>) => Promise<Response>
): LawSite => ({
  ...site,
  pages: {
    ...site.pages,
    resetPassword: (browser, link, password) =>
      replace(
        link,
        async (other) =>
          (await site.pages.resetPassword?.(browser, other, password)) ?? new Response(null, { status: 500 })
      )
  }
})

/** Faults that are not faults of a store. */
const brokenSites: Readonly<Record<string, () => LawSite>> = {
  "a site that accepts every password": () => {
    const site = sound()
    const { login } = site.pages
    const right = (username: string) => site.users.find((user) => user.username === username)
    return {
      ...site,
      pages: { ...site.pages, login: (browser, user) => login(browser, right(user.username) ?? user) }
    }
  },
  "a page that stores a session for every visitor": () => {
    const site = sound()
    const { visit, write } = site.pages
    return {
      ...site,
      pages: {
        ...site.pages,
        visit: async (browser) => {
          await write?.(browser, "seen", 1)
          return visit(browser)
        }
      }
    }
  },
  "a page that stores the login before it fails": () => {
    const site = sound()
    const { login } = site.pages
    const fail = async (...input: Parameters<typeof login>) => {
      await login(...input)
      return new Response(null, { status: 500 })
    }
    return { ...site, pages: { ...site.pages, loginThenFail: fail } }
  },
  "a site that does not check CSRF tokens": () => checking(() => true),
  "a site that accepts a CSRF token of every visitor": () => checking((token) => token?.length === 64),
  "a site that keeps the CSRF token at a login": () => {
    const site = sound()
    const { login } = site.pages
    const keep = async (...[browser, user]: Parameters<typeof login>) => {
      const secret = browser.cookie("csrftoken")
      const response = await login(browser, user)
      if (secret !== undefined) browser.store([`csrftoken=${secret}; Path=/`])
      return response
    }
    return { ...site, pages: { ...site.pages, login: keep } }
  },
  "a site that does not accept its former secret key": () => {
    const site = sound()
    const { secretKeys } = site
    return secretKeys === undefined
      ? site
      : { ...site, secretKeys: { ...secretKeys, replace: secretKeys.removeFormer } }
  },
  "a site that still accepts a removed secret key": () => {
    const site = sound()
    const { secretKeys } = site
    return secretKeys === undefined ? site : { ...site, secretKeys: { ...secretKeys, removeFormer: () => {} } }
  },
  "an upgrade of a hash is reported and not written": () =>
    lawSiteOf(
      testSite({
        stores: ({ sessions, users }) => ({
          sessions,
          users: { ...users, upgradePassword: () => Effect.succeed(true) }
        })
      })
    ),
  "an upgrade of a hash overwrites a changed password": () =>
    lawSiteOf(
      testSite({
        stores: ({ sessions, users }) => ({
          sessions,
          users: { ...users, upgradePassword: (id, _was, encoded) => users.setPassword(id, encoded) }
        })
      })
    ),
  "a site whose reset links work again": () => {
    const site = sound()
    const used = new Set<string>()
    return resetting(site, async (link, reset) => {
      const isUsed = used.has(link)
      used.add(link)
      return isUsed ? reset((await site.pages.resetLink?.(site.browser(), site.users[0])) ?? "") : reset(link)
    })
  },
  "a site whose reset links do not expire": () => {
    const { clock, ...site } = lawSiteOf(testSite({ auth: { passwordResetTimeoutSeconds: 1e9 } }))
    return clock === undefined ? site : { ...site, clock: { ...clock, resetSeconds: 259_200 } }
  },
  "a site that sets a password for every reset link": () => {
    const site = sound()
    return resetting(site, async (_, reset) =>
      reset((await site.pages.resetLink?.(site.browser(), site.users[0])) ?? "")
    )
  },
  "a site that redirects to every URL in next": () => redirectingTo((next) => next),
  "a site that redirects to every next that begins with a slash": () =>
    redirectingTo((next) => (next.startsWith("/") ? next : "/"))
}

const lawOn = (site: Parameters<typeof laws>[0], id: string) => {
  const law = laws(site).find((one) => one.id === id)
  if (law === undefined) throw new Error(`no law ${id}`)
  return law
}

describe("on a site in memory", () => {
  it.each(laws(testSite()))("$title", async ({ check, skipped }) => {
    const { complete, notControlled, situations } = await check()
    expect({ complete, notControlled, skipped }).toEqual({ complete: true, notControlled: [], skipped: undefined })
    expect(situations).toBeGreaterThan(0)
  })
})

describe("on a site with other settings", () => {
  it.each<TestAuthOptions>([
    { csrfUseSessions: true },
    { csrfHeaderName: "X-Other-Token" },
    { secretKeyFallbacks: ["a former key"] }
  ])("laws on what pages send, and on secret keys, hold: %o", async (auth) => {
    const found = laws(testSite({ auth })).filter(({ needs }) =>
      needs.some((need) => /csrfToken|loginWithNext|secretKeys/.test(need))
    )
    for (const law of found) await law.check()
    expect(found).toHaveLength(5)
  })
})

describe("a law finds", () => {
  it.each(lawTexts.flatMap(({ finds, id }) => finds.map((fault) => ({ id, fault }))))("$fault ($id)", async ({
    fault,
    id
  }) => {
    const store = brokenStores.find(({ name }) => name === fault)
    const site = store === undefined ? brokenSites[fault]?.() : siteOn(store)
    if (site === undefined) throw new Error(`there is no fault ${fault}`)
    await expect(lawOn(site, id).check()).rejects.toThrow(LawBroken)
  })

  it("at least one fault, each of them", () => {
    expect(lawTexts.filter(({ finds }) => finds.length === 0).map(({ id }) => id)).toEqual([])
  })
})

describe("laws", () => {
  it("visit the pages of the application, whose fault they find", async () => {
    const site = testSite()
    const app = withAuth(site.auth, async (request, { authenticate, getUser, login }) => {
      if (request.method === "POST") {
        const user = await authenticate(JSON.parse(await request.text()))
        if (user !== undefined) await login(user)
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
    expect(String(error)).toContain('order "B B B A", 2 switches; 2 of 5 orders fail.')
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
