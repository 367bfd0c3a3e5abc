/** Laws about logins that replace an outdated password hash. */

import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawUser } from "../law-pages.ts"
import { keyOf, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { newPassword } from "../parallel-requests.ts"

export const upgradeKeepsSession: LawText = {
  id: "a-new-hash-keeps-the-session",
  title:
    "a login that replaces an outdated hash of the password opens a session that lasts, and the password still logs in",
  why: "The session depends on the hash. A login that makes its session for the replaced hash ends at the next request.",
  needs: ["passwords"],
  finds: ["an upgrade of a hash is reported and not written"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    await run.situation("a login with an outdated hash", async () => {
      await site.passwords?.outdate(alice)
      const browser = await loggedIn(site, alice)
      must((await userOf(site, browser)) === alice.username, () => "the next request finds no user")
      const other = await loggedIn(site, alice)
      must((await userOf(site, other)) === alice.username, () => "the session of a second login finds no user")
      must((await userOf(site, browser)) === alice.username, () => "the second login has ended the first session")
    })
    await run.situation("a login with a wrong password and an outdated hash", async () => {
      await site.passwords?.outdate(alice)
      const { status } = await site.pages.login(site.browser(), { ...alice, password: `${alice.password}x` })
      must(status >= 400, () => "the wrong password logs in")
      must((await userOf(site, await loggedIn(site, alice))) === alice.username, () => "the right one finds no user")
    })
    await run.everyOrder("two logins with an outdated hash", async () => {
      await site.passwords?.outdate(alice)
      const browsers = [site.browser(), site.browser()]
      return {
        requests: browsers.map((browser) => () => site.pages.login(browser, alice)),
        check: async (answers) => {
          for (const [each, browser] of browsers.entries()) {
            const status = answers[each]?.status ?? 500
            must(status < 400, () => `a login is answered with ${status}`)
            must((await userOf(site, browser)) === alice.username, () => "a login succeeded, and its session is over")
          }
        }
      }
    })
  }
}

export const upgradeUndoesNothing: LawText = {
  id: "a-new-hash-undoes-no-password",
  title: "a login that replaces an outdated hash never undoes a change of the password at the same time",
  why: "The login writes a new hash of the old password over the new password, and an attacker who knows the old one is back.",
  needs: ["passwords"],
  finds: ["an upgrade of a hash overwrites a changed password"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const changed: LawUser = { username: alice.username, password: newPassword }
    await run.everyOrder("a login with an outdated hash, and a change of the password", async () => {
      await site.passwords?.outdate(alice)
      const browser = site.browser()
      return {
        requests: [
          async () => void (await site.pages.login(browser, alice)),
          async () => void (await site.passwords?.set(alice, newPassword))
        ],
        check: async () => {
          const user = await userOfKey(site, keyOf(site, browser))
          must(user === undefined, () => "the session that was opened with the old password is not over")
          const { status } = await site.pages.login(site.browser(), alice)
          must(status >= 400, () => "the old password logs in again")
          must((await site.pages.login(site.browser(), changed)).status < 400, () => "the new password does not log in")
        }
      }
    })
  }
}
