/** Laws about the end of sessions by a logout or by a change of the password. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { isLogin, newPassword, type ParallelRequest, parallelRequestsOf } from "../parallel-requests.ts"
import { isStored } from "../stored-keys.ts"

/** The pairs of requests that run beside a logout together. */
const together = [
  ["renew the key", "renew the key"],
  ["renew the key", "write"],
  ["visit", "write"]
] as const

export const logoutIsFinal: LawText = {
  id: "a-logout-is-final",
  title:
    "after the answer of a logout, its session acts as no user, and nor does a renewed form of it, with every other request of it at the same time",
  why: "A slow request writes the session back after a logout, or gives it a new key, and the user is logged in again (CVE-2025-46336).",
  needs: [],
  finds: [
    "a Delete removes nothing",
    "an Update inserts a row that is gone",
    "an Update reads the row and writes it in a second step",
    "a Move does not remember the new key of a session",
    "a Delete does not answer with the new key of a session",
    "a Move inserts although the old row is gone and must not be replaced"
  ],
  holds: async (run) => {
    const { site } = run
    const requests = parallelRequestsOf(site)
    const all: ReadonlyArray<ReadonlyArray<readonly [string, ParallelRequest]>> = [
      ...Object.entries(requests).map((request) => [request]),
      ...together.flatMap((names) => {
        const both = names.flatMap((name) => (requests[name] === undefined ? [] : [[name, requests[name]] as const]))
        return both.length === names.length ? [both] : []
      })
    ]
    for (const beside of all)
      await run.everyOrder(`a logout beside: ${beside.map(([name]) => name).join(", ")}`, () =>
        logoutBeside(site, beside)
      )
  }
}

const logoutBeside = async (site: LawSite, beside: ReadonlyArray<readonly [string, ParallelRequest]>) => {
  const alice = await loggedIn(site, site.users[0])
  const known = keyOf(site, alice)
  const tabs = beside.map(([name, request]) => ({ name, request, browser: alice.copy() }))
  return {
    requests: [
      () => site.pages.logout(alice),
      ...tabs.map(
        ({ browser, request }) =>
          () =>
            request(browser)
      )
    ],
    check: async ([logout]: ReadonlyArray<Response>) => {
      must(logout !== undefined && logout.status < 400, () => `the logout is answered with ${logout?.status}`)
      must((await userOfKey(site, known)) === undefined, () => "the key of the session still acts as the user")
      must(!(await isStored(site, known)), () => "the session is still stored")
      for (const { browser, name } of tabs) {
        const own = keyOf(site, browser)
        if (isLogin(name) || own === known) continue
        const user = await userOfKey(site, own)
        must(user !== site.users[0].username, () => `the key that "${name}" got acts as ${user}`)
      }
    }
  }
}

const another = (site: LawSite) => ({ username: site.users[0].username, password: newPassword })

export const passwordEndsOthers: LawText = {
  id: "a-new-password-ends-other-sessions",
  title: "a change of the password ends every session that was opened with the old one",
  why: "A user changes the password because an attacker has a session: the attacker must be logged out.",
  needs: ["pages.changePassword"],
  finds: ["setPassword reports a new password and does not write it"],
  holds: async (run) => {
    const { site } = run
    const change = (browser: Browser) => site.pages.changePassword?.(browser, newPassword) ?? site.pages.visit(browser)
    for (const [name, request] of Object.entries(parallelRequestsOf(site))) {
      if (name === "log in as another user" || name === "change the password") continue
      await run.everyOrder(`a change of the password beside, in another browser: ${name}`, async () => {
        const [here, elsewhere] = [await loggedIn(site, site.users[0]), await loggedIn(site, site.users[0])]
        const known = keyOf(site, elsewhere)
        return {
          requests: [() => change(here), () => request(elsewhere)],
          check: async ([changed]) => {
            if (changed === undefined || changed.status >= 400) return
            // A browser that logs in beside the change proves the password that it knows.
            for (const key of name === "log in as the same user" ? [] : [known, keyOf(site, elsewhere)]) {
              const user = await userOfKey(site, key)
              must(user === undefined, () => `a session of before acts as ${user}`)
            }
          }
        }
      })
    }
    await run.everyOrder("two changes of the password, in two browsers", async () => {
      const passwords = [newPassword, "a third password"]
      const browsers = [await loggedIn(site, site.users[0]), await loggedIn(site, site.users[0])]
      return {
        requests: browsers.map(
          (browser, each) => async () => site.pages.changePassword?.(browser, passwords[each] ?? newPassword)
        ),
        check: async (answers) => {
          const { username } = site.users[0]
          const stored: Array<boolean> = []
          for (const password of passwords)
            stored.push((await site.pages.login(site.browser(), { username, password })).status < 400)
          must(stored.filter(Boolean).length === 1, () => `of the two new passwords log in: ${stored.join(", ")}`)
          for (const [each, browser] of browsers.entries()) {
            const user = await userOf(site, browser)
            must(stored[each] === true || user === undefined, () => `a session of the other change acts as ${user}`)
            const status = answers[each]?.status ?? 500
            must(stored[each] !== true || status < 400, () => `the change that counts is answered with ${status}`)
          }
        }
      }
    })
    await run.situation("a login with either password", async () => {
      await change(await loggedIn(site, site.users[0]))
      const { status } = await site.pages.login(site.browser(), site.users[0])
      must(status >= 400, () => "the old password still logs in")
      must((await userOf(site, await loggedIn(site, another(site)))) !== undefined, () => "the new password does not")
    })
  }
}

export const passwordKeepsOwn: LawText = {
  id: "a-new-password-keeps-this-session",
  title: "a change of the password keeps the session of the browser that made it, under a new key",
  why: "The user stays logged in, and a key that an attacker has copied is no longer valid.",
  needs: ["pages.changePassword"],
  finds: ["a Move writes under the old key", "a Move writes the new data under both keys"],
  holds: async (run) => {
    const { site } = run
    await run.situation("a change of the password", async () => {
      const browser = await loggedIn(site, site.users[0])
      const known = keyOf(site, browser)
      const changed = await site.pages.changePassword?.(browser, newPassword)
      must(changed !== undefined && changed.status < 400, () => `the change is answered with ${changed?.status}`)
      must((await userOf(site, browser)) === site.users[0].username, () => "the browser is logged out")
      must(keyOf(site, browser) !== known, () => "the key is the same as before")
      must((await userOfKey(site, known)) === undefined, () => "the key from before still acts as the user")
    })
    const beside = Object.entries(parallelRequestsOf(site)).filter(([name]) =>
      ["visit", "write", "renew the key", "log in as another user"].includes(name)
    )
    for (const [name, request] of beside)
      await run.everyOrder(`a change of the password beside, in another tab: ${name}`, async () => {
        const browser = await loggedIn(site, site.users[0])
        const tab = browser.copy()
        return {
          requests: [async () => site.pages.changePassword?.(browser, newPassword), () => request(tab)],
          check: async ([changed]) => {
            if (changed === undefined || changed.status >= 400) return
            const user = await userOf(site, browser)
            must(
              user === site.users[0].username,
              () => `the password was changed, and the browser that did so is ${user}`
            )
          }
        }
      })
  }
}
