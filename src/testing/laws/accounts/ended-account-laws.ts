/** Laws about users who end their own account: they deactivate or delete it. */
import type { Browser } from "../../browser/browser.ts"
import type { Fault } from "../../stores/store-network.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawRun } from "../law-run.ts"
import { keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { newPassword } from "../parallel-requests.ts"

type EndPage = "deactivateAccount" | "deleteAccount"

export const deactivatedAccount: LawText = {
  id: "a-deactivated-account-is-over",
  title:
    "users who deactivate their account, with their password, are logged out everywhere, and no password and no link logs them in",
  why: "A user closes an account that an attacker also uses. Neither a session nor a link of the attacker may stay.",
  needs: ["pages.deactivateAccount"],
  finds: [
    "a site that ends accounts without the password",
    "a site that ends the accounts of all users",
    "a site that ends only the sessions of an ended account",
    "a page that ends the sessions before the account",
    "a site whose reset links outlive the account",
    "a site whose links for a new address outlive the account",
    "a site whose links of new accounts log in without a password",
    "a site that logs in inactive users"
  ],
  holds: (run) => endsAccounts(run, "deactivateAccount")
}

export const deletedAccount: LawText = {
  id: "a-deleted-account-is-over",
  title:
    "users who delete their account, with their password, are logged out everywhere, and neither the password nor a link of the account works",
  why: "A user deletes an account that an attacker also uses. Neither a session nor a link of the attacker may stay.",
  needs: ["pages.deleteAccount"],
  finds: [
    "a site that ends accounts without the password",
    "a site that ends the accounts of all users",
    "a site that ends only the sessions of an ended account",
    "a page that ends the sessions before the account",
    "a site whose reset links outlive the account",
    "a site whose links for a new address outlive the account",
    "a cache of users that is never emptied"
  ],
  holds: (run) => endsAccounts(run, "deleteAccount")
}

const endsAccounts = async (run: LawRun, page: EndPage): Promise<void> => {
  await refusals(run, page)
  await everywhere(run, page)
  await links(run, page)
  await outages(run, page)
  await orders(run, page)
}

/** @returns whether the page says that the account has ended */
const end = async (site: LawSite, page: EndPage, browser: Browser): Promise<boolean> =>
  ((await site.pages[page]?.(browser, site.users[0].password)) ?? missing).status < 400

const missing = new Response(null, { status: 500 })

const logsIn = async (site: LawSite, password = site.users[0].password): Promise<boolean> =>
  (await site.pages.login(site.browser(), { username: site.users[0].username, password })).status < 400

/** Checks that no session with one of these keys acts as users[0], and that no password of theirs logs in. */
const mustBeOver = async (site: LawSite, keys: ReadonlyArray<string | undefined>): Promise<void> => {
  const [alice] = site.users
  for (const key of keys)
    must((await userOfKey(site, key)) !== alice.username, () => "a session still acts as the user")
  for (const password of [alice.password, newPassword])
    must(!(await logsIn(site, password)), () => "a password still logs in")
}

const refusals = async (run: LawRun, page: EndPage): Promise<void> => {
  const { site } = run
  const [alice, bob] = site.users
  const nothingDone = async (browser: Browser, response: Response | undefined): Promise<void> => {
    must((response ?? missing).status >= 400, () => `it is answered with ${response?.status}`)
    must((await userOf(site, browser)) === alice.username, () => "the session of the user is over")
    must(await logsIn(site), () => "the user cannot log in")
  }
  for (const [name, password] of [
    ["a wrong password", "not the password"],
    ["the password of another user", bob.password],
    ["no password", ""]
  ] as const)
    await run.situation(name, async () => {
      const browser = await loggedIn(site, alice)
      await nothingDone(browser, await site.pages[page]?.(browser, password))
    })
  await run.situation("a visitor who is not logged in", async () => {
    const browser = await loggedIn(site, alice)
    await nothingDone(browser, await site.pages[page]?.(site.browser(), alice.password))
  })
}

const everywhere = async (run: LawRun, page: EndPage): Promise<void> => {
  const { site } = run
  const [alice, bob] = site.users
  await run.situation("two sessions of the user, and one of another user", async () => {
    const [browser, elsewhere, other] = [
      await loggedIn(site, alice),
      await loggedIn(site, alice),
      await loggedIn(site, bob)
    ]
    const keys = [keyOf(site, browser), keyOf(site, elsewhere)]
    must(await end(site, page, browser), () => "the right password does not end the account")
    await mustBeOver(site, [...keys, keyOf(site, browser)])
    must((await userOf(site, other)) === bob.username, () => "the session of another user is over")
    must((await userOf(site, await loggedIn(site, bob))) === bob.username, () => "another user cannot log in")
    if (page === "deleteAccount" || site.accounts === undefined || site.pages.listSessions === undefined) return
    await site.accounts.activate(alice)
    for (const key of keys)
      must((await userOfKey(site, key)) === undefined, () => "activated again, the user has a session of before")
    must(await logsIn(site), () => "activated again, the user cannot log in")
  })
}

const links = async (run: LawRun, page: EndPage): Promise<void> => {
  const { site } = run
  const { confirmEmail, emailLink, resetLink, resetPassword, signUpLink, verifyEmail } = site.pages
  const [alice] = site.users
  if (resetLink !== undefined && resetPassword !== undefined)
    await run.situation("a link to reset the password", async () => {
      const browser = await loggedIn(site, alice)
      const link = await resetLink(site.browser(), alice)
      must(await end(site, page, browser), () => "the right password does not end the account")
      const { status } = await resetPassword(site.browser(), link, newPassword)
      must(status >= 400, () => `the link is answered with ${status}`)
      await mustBeOver(site, [])
    })
  if (emailLink !== undefined && confirmEmail !== undefined)
    await run.situation("a link that changes the address", async () => {
      const browser = await loggedIn(site, alice)
      const link = await emailLink(browser, alice, "new@example.com")
      must(await end(site, page, browser), () => "the right password does not end the account")
      const { status } = await confirmEmail(site.browser(), link)
      must(status >= 400, () => `the link is answered with ${status}`)
    })
  // The link that made a deleted account may make it again: only a person with its password can use it.
  if (signUpLink !== undefined && verifyEmail !== undefined && page === "deactivateAccount")
    await run.situation("the link that made the account", async () => {
      const carol = { username: "carol", password: "the password of carol" }
      const browser = site.browser()
      const link = await signUpLink(site.browser(), carol)
      const made = await verifyEmail(browser, link, carol.password)
      must(made.status < 400, () => `the link is answered with ${made.status}`)
      const ended = await site.pages[page]?.(browser, carol.password)
      must((ended ?? missing).status < 400, () => "the right password does not end the account")
      const visitor = site.browser()
      const { status } = await verifyEmail(visitor, link, carol.password)
      must(status >= 400 && (await userOf(site, visitor)) === undefined, () => `the link is answered with ${status}`)
    })
}

/** One request makes fewer store calls than this, unless the user has very many sessions. */
const mostCalls = 20

/** After an error, the account has ended completely, or not at all. */
const outages = async (run: LawRun, page: EndPage): Promise<void> => {
  const { site } = run
  const { network } = site
  if (network === undefined) return
  const [alice, bob] = site.users
  const judge = async (fail: () => void): Promise<number> => {
    const [browser, elsewhere, other] = [
      await loggedIn(site, alice),
      await loggedIn(site, alice),
      await loggedIn(site, bob)
    ]
    const keys = [keyOf(site, browser), keyOf(site, elsewhere)]
    fail()
    const { status } = (await site.pages[page]?.(browser, alice.password)) ?? missing
    network.heal()
    must(status < 400 || status >= 500, () => `it is answered with ${status}, as if the user had made a mistake`)
    must((await userOf(site, other)) === bob.username, () => "the session of another user is over")
    if (status >= 400 && (await logsIn(site))) {
      for (const key of keys)
        must((await userOfKey(site, key)) === alice.username, () => "a session is over, and the account is not")
    } else await mustBeOver(site, keys)
    return status
  }
  for (const fault of ["refused", "acknowledgementLost"] satisfies ReadonlyArray<Fault>) {
    await run.situation(`every call to the store is ${fault}`, async () => {
      const status = await judge(() => network.fail("all", fault))
      must(status >= 500, () => `it is answered with ${status}`)
    })
    let isReached = network.failEach !== undefined
    for (let calls = 0; isReached && calls < mostCalls; calls += 1)
      await run.situation(`call ${calls + 1} to the store is ${fault}`, async () => {
        isReached = (await judge(() => network.failEach?.([...Array(calls).fill("none"), fault]))) >= 500
      })
  }
}

const orders = async (run: LawRun, page: EndPage): Promise<void> => {
  const { site } = run
  const [alice] = site.users
  const { changePassword } = site.pages
  const isDone = (answer: Promise<Response> | undefined) => answer?.then(({ status }) => status < 400)
  const beside = (name: string, request: (browser: Browser) => Promise<unknown>, anonymous = false): Promise<void> =>
    run.everyOrder(`beside: ${name}`, async () => {
      const browser = await loggedIn(site, alice)
      const other = anonymous ? site.browser() : await loggedIn(site, alice)
      const known = [keyOf(site, browser), keyOf(site, other)]
      return {
        requests: [() => end(site, page, browser), () => request(other)],
        check: async ([hasEnded, answer]) => {
          if (hasEnded === true || (answer === true && name !== changing))
            return mustBeOver(site, [...known, keyOf(site, browser), keyOf(site, other)])
          must(answer === true && name === changing, () => "the right password does not end the account")
          must(await logsIn(site, newPassword), () => "the account is not as the change of the password left it")
        }
      }
    })
  await beside("the same in another session", (other) => end(site, page, other))
  await beside("a login", (other) => site.pages.login(other, alice).then(() => undefined), true)
  const { deactivateAccount } = site.pages
  if (page === "deleteAccount" && deactivateAccount !== undefined)
    await beside("a deactivation", (other) => end(site, "deactivateAccount", other))
  if (changePassword !== undefined) await beside(changing, async (other) => isDone(changePassword(other, newPassword)))
}

const changing = "a change of the password"
