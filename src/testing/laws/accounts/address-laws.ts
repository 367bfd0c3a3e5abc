/** Laws about links that confirm an e-mail address. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { type LawSite, loggedIn } from "../law-site.ts"

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
