/** Laws about users who are removed or may no longer log in, and about where users come from. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawUser } from "../law-pages.ts"
import { browserWith, dataOf, keyOf, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { parallelRequestsOf } from "../parallel-requests.ts"

export const inactiveUser: LawText = {
  id: "an-inactive-user-is-logged-out",
  title: "a user who was deactivated cannot log in, and no session acts as that user",
  why: "An administrator deactivates the account of an employee who leaves, or of an attacker.",
  needs: ["accounts"],
  finds: ["a site that logs in inactive users", "a cache of users that is never emptied"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    await run.situation("a visit and a login after the deactivation", async () => {
      const browser = await loggedIn(site, alice)
      const key = keyOf(site, browser)
      await site.accounts?.deactivate(alice)
      must((await userOfKey(site, key)) === undefined, () => "the session still acts as the user")
      const other = site.browser()
      const { status } = await site.pages.login(other, alice)
      must(status >= 400, () => `a login is answered with ${status}`)
      must(keyOf(site, other) === undefined, () => "a login sets a session cookie")
      must((await userOf(site, await loggedIn(site, bob))) === bob.username, () => "another user cannot log in")
      await site.accounts?.activate(alice)
      must(
        (await userOf(site, await loggedIn(site, alice))) === alice.username,
        () => "activated again, the user cannot log in"
      )
    })
    for (const [name, request] of Object.entries(parallelRequestsOf(site)))
      await run.everyOrder(`a deactivation beside: ${name}`, async () => {
        const browser = await loggedIn(site, alice)
        const known = keyOf(site, browser)
        return {
          requests: [
            async () => {
              await site.gate?.turn("the deactivation")
              await site.accounts?.deactivate(alice)
            },
            async () => void (await request(browser))
          ],
          check: async () => {
            for (const key of [known, keyOf(site, browser)]) {
              const user = await userOfKey(site, key)
              must(user !== alice.username, () => "a session still acts as the user")
            }
          }
        }
      })
  }
}

export const permissionEnds: LawText = {
  id: "an-inactive-user-has-no-permission",
  title:
    "a page that needs a permission opens for a user who has it, and not for others, nor once the user was deactivated",
  why: "The account of an administrator is deactivated. No page may open for it, also where its session or its login is not refused.",
  needs: ["permission", "accounts"],
  finds: ["a site whose inactive superusers have every permission"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    const opens = async (browser: Browser) => ((await site.permission?.page(browser))?.status ?? 500) < 300
    await run.situation("a visitor, and a user without the permission", async () => {
      await site.permission?.start?.()
      must(!(await opens(site.browser())), () => "it opens for an anonymous visitor")
      must(!(await opens(await loggedIn(site, bob))), () => "it opens for a user without the permission")
    })
    await run.situation("a deactivation, and its end", async () => {
      await site.permission?.start?.()
      const browser = await loggedIn(site, alice)
      must(await opens(browser), () => "it does not open for a user who has the permission")
      await site.accounts?.deactivate(alice)
      must(!(await opens(browser)), () => "it still opens for the session of the user")
      const other = site.browser()
      await site.pages.login(other, alice)
      must(!(await opens(other)), () => "it opens after another login of the user")
      await site.accounts?.activate(alice)
      must(await opens(await loggedIn(site, alice)), () => "activated again, the user does not see it")
    })
  }
}

export const permissionExact: LawText = {
  id: "a-permission-opens-no-more-than-it-says",
  title: "a permission opens no page about one object, and no page if a rule that comes first denies it",
  why: "A site forbids something to a user who has the permission in general. What a later rule grants must not undo that.",
  needs: ["permission.grant", "permission.deny", "permission.objectPage"],
  finds: ["a site that takes a permission for one on every object", "a site whose denial is undone by a later rule"],
  holds: async (run) => {
    const { site } = run
    const granted = async (): Promise<Browser> => {
      await site.permission?.grant?.()
      return loggedIn(site, site.users[0])
    }
    const opens = async (browser: Browser) => ((await site.permission?.page(browser))?.status ?? 500) < 300
    await run.situation("a page about one object", async () => {
      const browser = await granted()
      must(await opens(browser), () => "the page that needs only the permission does not open")
      const { status = 500 } = (await site.permission?.objectPage?.(browser)) ?? {}
      must(status >= 300, () => "it opens for a user who has the permission in general")
      must(status < 500, () => `it is answered ${status}`)
    })
    await run.situation("a denial", async () => {
      const browser = await granted()
      await site.permission?.deny?.()
      must(!(await opens(browser)), () => "the page opens although a rule denies it to the user")
    })
  }
}

const successor: LawUser = { username: "carol", password: "the password of carol" }

export const removedUser: LawText = {
  id: "an-id-is-not-a-user",
  title: "a session acts as no user once its user was removed, also if another person gets the id",
  why: "A database gives the id of a removed user to a new one, who then has the sessions of the first.",
  needs: ["accounts"],
  finds: ["a cache of users that is never emptied"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    await run.situation("a visit after the user was removed", async () => {
      const key = keyOf(site, await loggedIn(site, alice))
      await site.accounts?.remove(alice)
      for (const visit of [1, 2]) {
        const user = await userOfKey(site, key)
        must(user === undefined, () => `at visit ${visit} the session acts as ${user}`)
      }
      must((await site.pages.login(site.browser(), alice)).status >= 400, () => "the removed user logs in")
    })
    await run.situation("a visit after another person got the id", async () => {
      const key = keyOf(site, await loggedIn(site, alice))
      await site.accounts?.replace(alice, successor)
      const user = await userOfKey(site, key)
      must(user === undefined, () => `the session acts as ${user}`)
      const browser = await loggedIn(site, successor)
      must((await userOf(site, browser)) === successor.username, () => "the other person cannot log in")
      must((await userOfKey(site, key)) === undefined, () => "after that login the session acts as a user")
    })
    for (const [name, request] of Object.entries(parallelRequestsOf(site)))
      await run.everyOrder(`a removal beside: ${name}`, async () => {
        const browser = await loggedIn(site, alice)
        const known = keyOf(site, browser)
        return {
          requests: [
            async () => {
              await site.gate?.turn("the removal")
              await site.accounts?.remove(alice)
            },
            async () => void (await request(browser))
          ],
          check: async () => {
            for (const key of [known, keyOf(site, browser)])
              must((await userOfKey(site, key)) !== alice.username, () => "a session still acts as the user")
          }
        }
      })
  }
}

export const removedBackend: LawText = {
  id: "a-removed-backend-ends-sessions",
  title: "a session acts as its user exactly while the backend that it was opened with is in use",
  why: "A backend is removed because it is no longer trusted. What it has accepted must not stay logged in.",
  needs: ["backends"],
  finds: ["a site that keeps a removed backend"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    for (const backend of [0, 1] as const)
      await run.situation(`a session of the ${backend === 0 ? "first" : "second"} backend`, async () => {
        const browser = site.browser()
        const response = await site.backends?.login(browser, alice, backend)
        must((response?.status ?? 500) < 400, () => `the login is answered with ${response?.status}`)
        const key = keyOf(site, browser)
        for (const inUse of [[0], [1], [0, 1], [1, 0], [1], [0]] as const) {
          await site.backends?.use(inUse)
          const [found, wanted] = [await userOfKey(site, key), inUse.some((one) => one === backend)]
          must(
            found === (wanted ? alice.username : undefined),
            () => `with backends ${inUse.join()} it acts as ${found ?? "no user"}`
          )
        }
      })
    for (const inUse of [[0], [1], [0, 1]] as const)
      await run.situation(`logins with the backends ${inUse.join()}`, async () => {
        await site.backends?.use(inUse)
        must(
          (await userOf(site, await loggedIn(site, bob))) === bob.username,
          () => "the right password does not log in"
        )
        const { status } = await site.pages.login(site.browser(), { ...bob, password: "wrong" })
        must(status >= 400, () => "a wrong password logs in")
      })
  }
}

export const sameId: LawText = {
  id: "one-id-in-two-directories",
  title: "a person of another directory of users who has the id of a user gets nothing of that user's session",
  why: "A site has two directories of users, each with its own numbers: user 1 of one is not user 1 of the other.",
  needs: ["pages.loginAsNamesake", "pages.write", "data"],
  finds: ["a site that takes people with the same id for one"],
  holds: async (run) => {
    const { site } = run
    await run.situation("a login over the user's session", async () => {
      const browser = await loggedIn(site, site.users[0])
      await site.pages.write?.(browser, "mine", 1)
      const known = keyOf(site, browser)
      const response = await site.pages.loginAsNamesake?.(browser)
      must((response?.status ?? 500) < 400, () => `the login is answered with ${response?.status}`)
      must(keyOf(site, browser) !== known, () => "the key is the same as before")
      must((await userOfKey(site, known)) === undefined, () => "the key from before still acts as a user")
      const now = await userOf(site, browser)
      must(now !== undefined && now !== site.users[0].username, () => `the browser acts as ${now ?? "no user"}`)
      const data = Object.keys(await dataOf(site, browserWith(site, keyOf(site, browser))))
      must(data.length === 0, () => `the session has ${data.join(", ")} of the user`)
    })
    await run.everyOrder("a login beside a write of the user", async () => {
      const browser = await loggedIn(site, site.users[0])
      const tab = browser.copy()
      return {
        requests: [async () => site.pages.loginAsNamesake?.(browser), async () => site.pages.write?.(tab, "mine", 1)],
        check: async () => {
          const data = Object.keys(await dataOf(site, browser))
          must(data.length === 0, () => `the session has ${data.join(", ")} of the user`)
        }
      }
    })
  }
}
