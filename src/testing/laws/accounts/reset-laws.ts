/** Laws about links that reset a password. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { type LawSite, loggedIn, userOf } from "../law-site.ts"

const passwords = ["the first new password", "the second new password"] as const

const linkFor = async (site: LawSite): Promise<string> => {
  const link = (await site.pages.resetLink?.(site.browser(), site.users[0])) ?? ""
  if (link === "") throw new TypeError("pages.resetLink: it answers no link; answer the link in the e-mail to users[0]")
  return link
}

/** @returns whether the password was set */
const reset = async (site: LawSite, link: string, password: string): Promise<boolean> =>
  ((await site.pages.resetPassword?.(site.browser(), link, password))?.status ?? 500) < 400

const logsIn = async (site: LawSite, password: string): Promise<boolean> =>
  (await site.pages.login(site.browser(), { username: site.users[0].username, password })).status < 400

/** Checks that a link changes nothing. @param password the password of users[0] at this time */
const isRefused = async (site: LawSite, link: string, password = site.users[0].password): Promise<void> => {
  const isSet = await reset(site, link, passwords[1])
  must(!isSet && !(await logsIn(site, passwords[1])), () => "the link sets another password")
  must(await logsIn(site, password), () => "the password of before does not log in")
}

export const linkOnce: LawText = {
  id: "a-reset-link-works-once",
  title: "a link to reset a password sets one password, also if two requests use it at the same time",
  why: "An attacker who finds a used link in a mailbox, a proxy log or the browser's history must not set a password with it.",
  needs: ["pages.resetLink", "pages.resetPassword"],
  finds: ["a site whose reset links work again", "a site that sets a password for every reset link"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    await run.situation("a link that is used twice", async () => {
      const session = await loggedIn(site, alice)
      const link = await linkFor(site)
      must(await reset(site, link, passwords[0]), () => "the link does not set a password")
      must(!(await logsIn(site, alice.password)), () => "the old password still logs in")
      must((await userOf(site, session)) === undefined, () => "a session that the old password opened is not over")
      await isRefused(site, link, passwords[0])
    })
    await run.everyOrder("two requests with one link", async () => {
      const link = await linkFor(site)
      return {
        requests: passwords.map((password) => () => reset(site, link, password)),
        check: async (answers) => {
          must(answers.filter((isSet) => isSet).length === 1, () => `${answers.join(" and ")} is answered`)
          for (const [each, password] of passwords.entries())
            must(
              (await logsIn(site, password)) === answers[each],
              () => "the password that logs in is not the one of the request that succeeded"
            )
        }
      }
    })
  }
}

export const linkVoid: LawText = {
  id: "a-reset-link-ends",
  title:
    "a link to reset a password is refused after the password changed, after a login of the user, after its time, and if it is altered",
  why: "A user who gets a link that an attacker can read changes the password: the link must not undo that.",
  needs: ["pages.resetLink", "pages.resetPassword"],
  finds: [
    "a site that sets a password for every reset link",
    "a site whose reset links do not expire",
    "a site whose reset links stay valid after a login"
  ],
  holds: async (run) => {
    const { site } = run
    const { clock } = site
    await run.situation("a link from before another reset", async () => {
      const [link, newer] = [await linkFor(site), await linkFor(site)]
      must(await reset(site, newer, passwords[0]), () => "the newer link does not set a password")
      await isRefused(site, link, passwords[0])
    })
    if (site.passwords !== undefined)
      await run.situation("a link from before a change of the password", async () => {
        const link = await linkFor(site)
        await site.passwords?.set(site.users[0], passwords[0])
        await isRefused(site, link, passwords[0])
      })
    await run.situation("a link from before a login of the user", async () => {
      const link = await linkFor(site)
      await loggedIn(site, site.users[0])
      await isRefused(site, link)
    })
    await run.situation("an altered link", async () => {
      const link = await linkFor(site)
      await isRefused(site, link.slice(0, -4) + (link.endsWith("aaaa") ? "bbbb" : "aaaa"))
    })
    const { changePassword } = site.pages
    if (changePassword !== undefined)
      await run.everyOrder("a link beside a change of the password", async () => {
        const browser = await loggedIn(site, site.users[0])
        const link = await linkFor(site)
        return {
          requests: [
            () => reset(site, link, passwords[0]),
            async () => (await changePassword(browser, passwords[1])).status < 400
          ],
          check: async (done) => {
            const stored = [await logsIn(site, passwords[0]), await logsIn(site, passwords[1])] as const
            must(stored[0] !== stored[1], () => `of the two new passwords log in: ${stored.join(", ")}`)
            must(done[stored[0] ? 0 : 1] === true, () => "the request whose password logs in is refused")
            const user = await userOf(site, browser)
            must(stored[1] || user === undefined, () => `after the reset, the session of the change acts as ${user}`)
          }
        }
      })
    const seconds = clock?.resetSeconds
    if (clock === undefined || seconds === undefined) return
    await run.situation("a link in its last second", async () => {
      const link = await linkFor(site)
      clock.advance({ seconds: seconds - 1 })
      must(await reset(site, link, passwords[0]), () => "the link does not set a password")
    })
    await run.situation("a link after its time", async () => {
      const link = await linkFor(site)
      clock.advance({ seconds: seconds + 1 })
      await isRefused(site, link)
    })
  }
}
