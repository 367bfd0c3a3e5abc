import { nextAction, nextPage, nextProxy } from "latchkey/testing/next"
import { expect, test } from "vitest"
import Account from "@/app/account/page"
import { logIn, logOut } from "@/app/login/actions"
import Login from "@/app/login/page"
import { proxy } from "@/proxy"
import { site } from "./site"

const account = nextPage(Account)
const submit = nextAction((form) => logIn(undefined, form))

test("an anonymous visitor logs in, and gets the page that was asked for", async () => {
  const browser = site.browser()
  const refused = await browser.fetch(account, "/account")
  expect([refused.status, refused.headers.get("location")]).toEqual([307, "/login?next=/account"])

  const form = { ...site.credentials("alice"), next: "/account" }
  const answer = await browser.fetch(submit, "/login", { form })
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/account"])
  expect(await (await browser.fetch(account, "/account")).text()).toContain("<h1>alice</h1>")
})

test("a wrong password shows the form again", async () => {
  const browser = site.browser()
  const answer = await browser.fetch(submit, "/login", { form: { username: "alice", password: "wrong" } })
  expect(await answer.json()).toBe("Wrong user name or password.")
  expect(await (await browser.fetch(nextPage(Login), "/login?next=/account")).text()).toContain('value="/account"')
})

test("a thief's copy of the cookies ends with the logout", async () => {
  const alice = await site.browserOf("alice")
  const thief = alice.copy()
  await alice.fetch(nextAction(logOut), "/", { form: {} })
  expect((await thief.fetch(account, "/account")).status).toBe(307)
})

test("the session ends after two weeks", async () => {
  const alice = await site.browserOf("alice")
  site.clock.advance({ days: 15 })
  expect((await alice.fetch(account, "/account")).status).toBe(307)
})

test("the proxy saves a redirect, and the page checks the user itself", async () => {
  const behind = nextProxy(proxy, account)
  const forged = site.browser()
  forged.store([`sessionid=${"a".repeat(32)}; Path=/`])
  expect((await site.browser().fetch(behind, "/account")).status).toBe(302)
  expect((await forged.fetch(behind, "/account")).status).toBe(307)
})
