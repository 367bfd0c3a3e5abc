/** Laws about links that confirm an e-mail address. */
import type { LawText } from "./law.ts"
import { must } from "./law-broken.ts"
import { type LawSite, type LawUser, loggedIn, userOf } from "./law-site.ts"

const newAddress = "alice@new.example"

const emailLink = async (site: LawSite, address = newAddress): Promise<string> => {
  const [alice] = site.users
  const browser = await loggedIn(site, alice)
  const link = (await site.pages.emailLink?.(browser, alice, address)) ?? ""
  if (link === "") throw new TypeError("pages.emailLink: it answers no link; answer the link that confirms the address")
  return link
}

/** @returns whether the address was changed */
const confirm = async (site: LawSite, link: string): Promise<boolean> =>
  ((await site.pages.confirmEmail?.(site.browser(), link))?.status ?? 500) < 400

const altered = (link: string): string => link.slice(0, -4) + (link.endsWith("aaaa") ? "bbbb" : "aaaa")

export const addressOnce: LawText = {
  id: "a-changed-address-stays",
  title: "a link that changes the e-mail address does so once, also if two requests use it, and never again",
  why: "An attacker who finds an old link must not get the reset links of the account.",
  needs: ["pages.emailLink", "pages.confirmEmail"],
  finds: ["a site whose links for a new address work again", "a site that changes the address by every link"],
  holds: async (run) => {
    const { site } = run
    await run.situation("a link that is used twice", async () => {
      const link = await emailLink(site)
      must(await confirm(site, link), () => "the link does not change the address")
      must(!(await confirm(site, link)), () => "the used link changes the address again")
    })
    await run.situation("an altered link", async () => {
      must(!(await confirm(site, altered(await emailLink(site)))), () => "the link changes the address")
    })
    await run.everyOrder("two requests with one link", async () => {
      const link = await emailLink(site)
      return {
        requests: [() => confirm(site, link), () => confirm(site, link)],
        check: (answers) =>
          must(answers.filter((isChanged) => isChanged).length === 1, () => `${answers.join(" and ")} is answered`)
      }
    })
    const { clock, passwords } = site
    if (passwords !== undefined)
      await run.situation("a link from before a change of the password", async () => {
        const link = await emailLink(site)
        await passwords.set(site.users[0], "another password")
        must(!(await confirm(site, link)), () => "the link changes the address")
      })
    if (clock === undefined) return
    await run.situation("a used link, after the address was changed back", async () => {
      const [alice] = site.users
      const link = await emailLink(site)
      must(await confirm(site, link), () => "the link does not change the address")
      clock.advance({ seconds: 1 })
      must(await confirm(site, await emailLink(site, `${alice.username}@example.com`)), () => "it is not changed back")
      must(!(await confirm(site, link)), () => "the used link changes the address again")
    })
    const seconds = clock.resetSeconds
    if (seconds === undefined) return
    await run.situation("a link after its time", async () => {
      const link = await emailLink(site)
      clock.advance({ seconds: seconds + 1 })
      must(!(await confirm(site, link)), () => "the link changes the address")
    })
  }
}

const carol: LawUser = { username: "carol", password: "the password of carol" }

const signUpLink = async (site: LawSite): Promise<string> => {
  const link = (await site.pages.signUpLink?.(site.browser(), carol)) ?? ""
  if (link === "")
    throw new TypeError("pages.signUpLink: it answers no link; answer the link that confirms the address")
  return link
}

/** @returns whether the account was activated */
const activate = async (site: LawSite, link: string, password = carol.password): Promise<boolean> =>
  ((await site.pages.verifyEmail?.(site.browser(), link, password))?.status ?? 500) < 400

const logsIn = async (site: LawSite): Promise<boolean> => (await site.pages.login(site.browser(), carol)).status < 400

export const ownAccount: LawText = {
  id: "a-new-account-is-the-one-of-its-password",
  title: "the link of a new account activates it once, and only with the password that was chosen at sign-up",
  why: "An attacker signs up with the address of another person, who opens the link: the attacker must not get in.",
  needs: ["pages.signUpLink", "pages.verifyEmail"],
  finds: [
    "a site that activates an account without its password",
    "a site whose accounts need no confirmation",
    "a site whose links of new accounts work again"
  ],
  holds: async (run) => {
    const { site } = run
    await run.situation("a login before the link, a wrong password, and the right one", async () => {
      const link = await signUpLink(site)
      must(!(await logsIn(site)), () => "the account logs in before its address is confirmed")
      must(!(await activate(site, link, "another password")), () => "a wrong password activates the account")
      must(!(await activate(site, altered(link))), () => "an altered link activates the account")
      must(!(await logsIn(site)), () => "the account logs in")
      const browser = site.browser()
      const response = await site.pages.verifyEmail?.(browser, link, carol.password)
      must((response?.status ?? 500) < 400, () => "the link and the password do not activate the account")
      must((await userOf(site, browser)) === carol.username, () => "the link does not log in")
      must(await logsIn(site), () => "the account does not log in afterwards")
      must(!(await activate(site, link)), () => "the used link is accepted again")
    })
    const { accounts } = site
    if (accounts !== undefined)
      await run.situation("a used link, after the account was deactivated", async () => {
        const link = await signUpLink(site)
        must(await activate(site, link), () => "the link and the password do not activate the account")
        await accounts.deactivate(carol)
        must(!(await activate(site, link)), () => "the link activates the account again")
        must(!(await logsIn(site)), () => "the account logs in")
      })
    await run.everyOrder("two requests with one link", async () => {
      const link = await signUpLink(site)
      return {
        requests: [() => activate(site, link), () => activate(site, link)],
        check: (answers) =>
          must(answers.filter((isActive) => isActive).length === 1, () => `${answers.join(" and ")} is answered`)
      }
    })
  }
}
