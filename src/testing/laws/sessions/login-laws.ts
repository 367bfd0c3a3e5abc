/** Laws about what a login does to sessions. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawUser } from "../law-pages.ts"
import { browserWith, dataOf, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { isLogin, newPassword, parallelRequestsOf } from "../parallel-requests.ts"
import { isStored } from "../stored-keys.ts"
import { unissued } from "./key-laws.ts"

/** What a browser has before a login. */
interface Before {
  readonly name: string
  readonly browser: (site: LawSite) => Promise<Browser>
  /** Who is logged in. */
  readonly user: (site: LawSite) => string | undefined
}

const befores = (site: LawSite): ReadonlyArray<Before> => [
  { name: "a browser without cookies", browser: async () => site.browser(), user: () => undefined },
  { name: "a key that was not issued", browser: async () => browserWith(site, unissued), user: () => undefined },
  ...(site.pages.write === undefined
    ? []
    : [
        {
          name: "an anonymous session",
          browser: async () => {
            const browser = site.browser()
            await site.pages.write?.(browser, "before", 1)
            return browser
          },
          user: () => undefined
        }
      ]),
  ...site.users.map((user) => ({
    name: `a session of ${user.username}`,
    browser: async () => {
      const browser = await loggedIn(site, user)
      await site.pages.write?.(browser, "before", 1)
      return browser
    },
    user: () => user.username
  }))
]

const pairs = (site: LawSite): ReadonlyArray<readonly [Before, LawUser]> =>
  befores(site).flatMap((before) => site.users.map((user) => [before, user] as const))

/** The actions of an attacker who knows the key, at the same time. */
const attacks = (site: LawSite) =>
  Object.entries(parallelRequestsOf(site)).filter(([name]) => !isLogin(name) && name !== "clear")

export const noFixation: LawText = {
  id: "no-fixation",
  title: "a session key that was known before a login does not act as the user afterwards",
  why: "An attacker gives a victim a session key that the attacker knows, and waits until the victim logs in (session fixation).",
  needs: [],
  finds: ["a Move writes the new data under both keys", "a Move writes under the old key"],
  holds: async (run) => {
    const { site } = run
    for (const [before, user] of pairs(site))
      for (const [attack, request] of attacks(site))
        await run.everyOrder(
          `${user.username} logs in with ${before.name}, and an attacker sends: ${attack}`,
          async () => {
            const victim = await before.browser(site)
            const known = keyOf(site, victim)
            const attacker = browserWith(site, known)
            return {
              requests: [() => site.pages.login(victim, user), () => request(attacker)],
              check: async () => {
                const now = await userOfKey(site, known)
                must(
                  now !== user.username || before.user(site) === user.username,
                  () => `the key from before acts as ${now}`
                )
              }
            }
          }
        )
  }
}

export const newKey: LawText = {
  id: "a-login-renews-the-key",
  title: "a login gives the browser a new key, and the old key has no session",
  why: "If the key stays the same, every client that had it before the login acts as the user.",
  needs: [],
  finds: ["a Move keeps the old row", "a Move writes under the old key", "a Move writes the new data under both keys"],
  holds: async (run) => {
    const { site } = run
    for (const [before, user] of pairs(site)) {
      // As in Django, a login of the user who is logged in already keeps the key.
      if (before.user(site) === user.username) continue
      await run.situation(`${user.username} logs in with ${before.name}`, async () => {
        const browser = await before.browser(site)
        const known = keyOf(site, browser)
        await loggedIn(site, user, browser)
        const issued = keyOf(site, browser)
        must(issued !== known, () => "the key is the same as before")
        must((await userOfKey(site, issued)) === user.username, () => `the new key acts as another user`)
        must((await userOfKey(site, known)) === undefined, () => "the old key still acts as a user")
        must(!(await isStored(site, known)), () => "the old key still has a session")
      })
    }
  }
}

export const carriedOver: LawText = {
  id: "data-at-login",
  title: "a login keeps what the anonymous visitor stored, and nothing of another user's session",
  why: "A cart must be kept at the login, and the data of the previous user must not be shown to the next user.",
  needs: ["pages.write", "data"],
  finds: ["a Move does not compare the row's text", "an Update does not compare the row's text"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    await run.situation("another user logs in", async () => {
      const browser = await loggedIn(site, alice)
      await site.pages.write?.(browser, "before", 1)
      await loggedIn(site, bob, browser)
      const data = Object.keys(await dataOf(site, browser))
      must(data.length === 0, () => `${bob.username} finds ${data.join(", ")} of ${alice.username}`)
    })
    const { changePassword } = site.pages
    for (const isNoticed of changePassword === undefined ? [] : [false, true])
      await run.situation(`the user logs in again after the password was changed elsewhere`, async () => {
        const browser = await loggedIn(site, alice)
        await site.pages.write?.(browser, "before", 1)
        const known = keyOf(site, browser)
        await changePassword?.(await loggedIn(site, alice), newPassword)
        if (isNoticed) await site.pages.visit(browserWith(site, known))
        await loggedIn(site, { ...alice, password: newPassword }, browser)
        must(keyOf(site, browser) !== known, () => "the key is the same as before")
        const data = Object.keys(await dataOf(site, browser))
        must(data.length === 0, () => `the session has ${data.join(", ")} of a session that the change has ended`)
      })
    for (const [name, request] of [
      ["nothing else happens", site.pages.visit],
      ["a tab writes", writing(site)]
    ] as const)
      await run.everyOrder(`an anonymous visitor logs in, and ${name}`, async () => {
        const browser = site.browser()
        await site.pages.write?.(browser, "before", 1)
        const known = keyOf(site, browser)
        const tab = browser.copy()
        return {
          requests: [() => site.pages.login(browser, alice), () => request(tab)],
          check: async ([, beside]) => {
            // A write that comes after the login finds no session, and opens another one.
            const isOwn = beside !== undefined && beside.status < 400 && keyOf(site, tab) === known
            const wanted = name === "a tab writes" && isOwn ? ["before", "beside"] : ["before"]
            const data = await dataOf(site, browser)
            must(
              wanted.every((key) => key in data),
              () => `the session has ${Object.keys(data).join(", ") || "no data"}`
            )
          }
        }
      })
    await run.everyOrder("two tabs of an anonymous visitor write", async () => {
      const browser = site.browser()
      await site.pages.write?.(browser, "before", 1)
      const [one, other] = [browser.copy(), browser.copy()]
      return {
        requests: [async () => site.pages.write?.(one, "a", 1), async () => site.pages.write?.(other, "b", 1)],
        check: async () => {
          await loggedIn(site, alice, browser)
          const data = await dataOf(site, browser)
          must("a" in data && "b" in data, () => `after the login the session has ${Object.keys(data).join(", ")}`)
        }
      }
    })
  }
}

export const everyLoginRenews: LawText = {
  id: "every-login-renews-the-key",
  title: "where every login renews the key, a login of the session's own user does too, and the old key has no session",
  why: "A user who logs in again may suspect that the cookie was copied: a copy from before must not be logged in then.",
  needs: ["renewAtEveryLogin"],
  finds: ["a site that keeps the key when its own user logs in again", "a Move keeps the old row"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    await run.situation("a user logs in again", async () => {
      await site.renewAtEveryLogin?.()
      const browser = await loggedIn(site, alice)
      await site.pages.write?.(browser, "before", 1)
      const known = keyOf(site, browser)
      await loggedIn(site, alice, browser)
      must(keyOf(site, browser) !== known, () => "the key is the same as before")
      must((await userOfKey(site, known)) === undefined, () => "the old key still acts as the user")
      must((await userOf(site, browser)) === alice.username, () => "the user is not logged in")
      const data = await dataOf(site, browser)
      must(site.pages.write === undefined || "before" in data, () => "the session has lost its data")
    })
    for (const [name, request] of [
      ["a tab reads a page", site.pages.visit],
      ["a tab writes", writing(site)],
      ["a tab logs out", site.pages.logout]
    ] as const)
      await run.everyOrder(`a user logs in again, and ${name}`, async () => {
        await site.renewAtEveryLogin?.()
        const browser = await loggedIn(site, alice)
        const [tab, known] = [browser.copy(), keyOf(site, browser)]
        return {
          requests: [() => site.pages.login(browser, alice), () => request(tab)],
          check: async () => {
            must((await userOfKey(site, known)) === undefined, () => "the old key still acts as the user")
          }
        }
      })
  }
}

const writing = (site: LawSite) => async (browser: Browser) =>
  (await site.pages.write?.(browser, "beside", 1)) ?? site.pages.visit(browser)

export const noLoginWithoutProof: LawText = {
  id: "no-login-without-the-password",
  title: "a login with a wrong password, or of an unknown user, logs no user in",
  why: "This is the basic promise of a login: every logged-in user has proven who it is.",
  needs: [],
  finds: ["a site that accepts every password"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    const wrong: ReadonlyArray<LawUser> = [
      { username: alice.username, password: `${alice.password}x` },
      { username: alice.username, password: "" },
      { username: alice.username, password: bob.password },
      { username: alice.username, password: `${alice.password} ` },
      { username: alice.username, password: `${alice.password}\u0000` },
      { username: alice.username, password: alice.password.slice(0, -1) },
      { username: alice.username, password: alice.password.toUpperCase() },
      { username: `${alice.username}x`, password: alice.password }
    ]
    for (const before of befores(site))
      for (const user of wrong) {
        if (user.password === alice.password && user.username === alice.username) continue
        await run.situation(`${before.name}, then a wrong login`, async () => {
          const browser = await before.browser(site)
          const was = await userOf(site, browser)
          await site.pages.login(browser, user)
          const now = await userOf(site, browser)
          must(now === was, () => `the browser acts as ${now}, and was ${was ?? "anonymous"} before`)
        })
      }
  }
}
