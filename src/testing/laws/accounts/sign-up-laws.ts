/** Laws about sign-ups whose address is confirmed by a link. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawUser } from "../law-pages.ts"
import { type LawSite, userOf } from "../law-site.ts"

const carol: LawUser = { username: "carol", password: "the password of carol" }
const passwords = [carol.password, "another password"] as const

const altered = (link: string): string => link.slice(0, -4) + (link.endsWith("aaaa") ? "bbbb" : "aaaa")

/** @returns the link of a name that is free */
const linkFor = async (site: LawSite, user = carol): Promise<string> => {
  const link = (await site.pages.signUpLink?.(site.browser(), user)) ?? ""
  if (link === "")
    throw new TypeError("pages.signUpLink: it answers no link; answer the link that confirms the address")
  return link
}

/** @returns whether the link was accepted */
const confirm = async (site: LawSite, link: string, password = carol.password): Promise<boolean> =>
  ((await site.pages.verifyEmail?.(site.browser(), link, password))?.status ?? 500) < 400

const logsIn = async (site: LawSite, user = carol): Promise<boolean> =>
  (await site.pages.login(site.browser(), user)).status < 400

export const ownAccount: LawText = {
  id: "a-new-account-is-the-one-of-its-password",
  title: "the link of a new account is accepted once, and only with the password that was chosen at sign-up",
  why: "An attacker signs up with the address of another person, who opens the link: the attacker must not get in.",
  needs: ["pages.signUpLink", "pages.verifyEmail"],
  finds: [
    "a site that accepts the link of a new account without its password",
    "a site whose accounts need no confirmation",
    "a site whose links of new accounts work again",
    "a site whose links of new accounts do not expire"
  ],
  holds: async (run) => {
    const { site } = run
    await run.situation("a login before the link, a wrong password, and the right one", async () => {
      const link = await linkFor(site)
      must(!(await logsIn(site)), () => "the account logs in before its address is confirmed")
      must(!(await confirm(site, link, "another password")), () => "the link is accepted with a wrong password")
      must(!(await confirm(site, altered(link))), () => "an altered link is accepted")
      must(!(await logsIn(site)), () => "the account logs in")
      const browser = site.browser()
      const response = await site.pages.verifyEmail?.(browser, link, carol.password)
      must((response?.status ?? 500) < 400, () => "the link is not accepted with the password")
      must((await userOf(site, browser)) === carol.username, () => "the link does not log in")
      must(await logsIn(site), () => "the account does not log in afterwards")
      must(!(await confirm(site, link)), () => "the used link is accepted again")
    })
    const { accounts, clock } = site
    if (accounts !== undefined)
      await run.situation("a used link, after the account was deactivated", async () => {
        const link = await linkFor(site)
        must(await confirm(site, link), () => "the link is not accepted with the password")
        await accounts.deactivate(carol)
        must(!(await confirm(site, link)), () => "the link is accepted again")
        must(!(await logsIn(site)), () => "the account logs in")
      })
    await run.everyOrder("two requests with one link", async () => {
      const link = await linkFor(site)
      return {
        requests: [() => confirm(site, link), () => confirm(site, link)],
        check: (answers) =>
          must(answers.filter((isAccepted) => isAccepted).length === 1, () => `${answers.join(" and ")} is answered`)
      }
    })
    const seconds = clock?.resetSeconds
    if (clock === undefined || seconds === undefined) return
    await run.situation("a link after its time", async () => {
      const link = await linkFor(site)
      clock.advance({ seconds: seconds + 1 })
      must(!(await confirm(site, link)), () => "the link is accepted")
      must(!(await logsIn(site)), () => "the account logs in")
    })
  }
}

export const signUpChangesNoAccount: LawText = {
  id: "a-sign-up-changes-no-account",
  title: "a sign-up with the name and address of an account leaves its password and its state as they are",
  why: "An administrator prepares an account. A visitor who signs up with its name must not be able to choose its password.",
  needs: ["pages.signUpLink", "pages.verifyEmail"],
  finds: [
    "a site whose sign-up sets the password of an account that exists",
    "a site whose sign-up sets the password of an account that was never used",
    "a site whose links of new accounts overwrite accounts"
  ],
  holds: async (run) => {
    const { site } = run
    const { accounts } = site
    const [alice] = site.users
    /** Signs up with the name of alice, and uses the link, if there is one. */
    const signUpAsAlice = async (): Promise<void> => {
      const other = { username: alice.username, password: passwords[1] }
      const link = (await site.pages.signUpLink?.(site.browser(), other)) ?? ""
      if (link !== "") must(!(await confirm(site, link, other.password)), () => "the link is accepted")
      must(!(await logsIn(site, other)), () => "the password of the sign-up logs in")
    }
    await run.situation("an account that is active", async () => {
      await signUpAsAlice()
      must(await logsIn(site, alice), () => "the user's own password does not log in")
    })
    if (accounts !== undefined)
      await run.situation("an account that an administrator has prepared and not yet activated", async () => {
        await accounts.deactivate(alice)
        await signUpAsAlice()
        must(!(await logsIn(site, alice)), () => "the account was activated")
        await accounts.activate(alice)
        must(await logsIn(site, alice), () => "the user's own password does not log in")
      })
    /** Exactly one of two links with one name was accepted, and the account has the password of that link. */
    const isOneAccount = async (answers: ReadonlyArray<boolean>): Promise<void> => {
      must(answers.filter((isAccepted) => isAccepted).length === 1, () => `${answers.join(" and ")} is answered`)
      for (const [each, password] of passwords.entries())
        must(
          (await logsIn(site, { ...carol, password })) === answers[each],
          () => "the password that logs in is not the one of the link that was accepted"
        )
    }
    await run.everyOrder("two sign-ups with one name and one address", async () => ({
      requests: passwords.map((password) => () => linkFor(site, { ...carol, password })),
      check: async (links) => {
        for (const [each, link] of links.entries())
          must(!(await confirm(site, link, passwords[1 - each])), () => "a link is accepted with the other's password")
        const answers: Array<boolean> = []
        for (const [each, link] of links.entries()) answers.push(await confirm(site, link, passwords[each]))
        await isOneAccount(answers)
      }
    }))
    await run.everyOrder("the links of two sign-ups with one name", async () => {
      const links: Array<string> = []
      for (const password of passwords) links.push(await linkFor(site, { ...carol, password }))
      return {
        requests: links.map((link, each) => () => confirm(site, link, passwords[each])),
        check: isOneAccount
      }
    })
  }
}
