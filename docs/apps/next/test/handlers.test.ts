import { requirePermission } from "latchkey/next/reader"
import { nextAction, nextPage, nextProxy, nextRoute } from "latchkey/testing/next"
import { cookies } from "next/headers"
import { expect, test } from "vitest"
import Account from "@/app/account/page"
import { GET } from "@/app/api/me/route"
import { logIn } from "@/app/login/actions"
import { proxy } from "@/proxy"
import { site } from "./site"

test("a route handler", async () => {
  const alice = await site.browserOf("alice")
  const response = await alice.fetch(nextRoute(GET), "/api/me")
  expect(await response.json()).toEqual({ user: "alice" })
})

test("a Server Action sets cookies and redirects", async () => {
  const browser = site.browser()
  const submit = nextAction((form) => logIn(undefined, form))
  const response = await browser.fetch(submit, "/login", { form: site.credentials("alice") })
  expect([response.status, response.headers.get("location")]).toEqual([303, "/account"])
  expect(browser.cookie("sessionid")).toBeDefined()
})

test("a page of Server Components, rendered to HTML", async () => {
  const alice = await site.browserOf("alice")
  const response = await alice.fetch(nextPage(Account), "/account")
  expect(await response.text()).toContain("<h1>alice</h1>")
})

test("a page redirects visitors, and does not exist for users without the permission", async () => {
  const page = nextPage(async () => (await requirePermission(site.auth, "/stock", "shop.change_item")).username)
  const statusFor = async (name: "alice" | "admin") => (await (await site.browserOf(name)).fetch(page)).status
  expect((await site.browser().fetch(page)).headers.get("location")).toBe("/login?next=/stock")
  expect([await statusFor("alice"), await statusFor("admin")]).toEqual([404, 200])
})

test("Next's own functions work as on a server", async () => {
  const browser = site.browser()
  browser.store(["theme=dark"])
  const response = await browser.fetch(nextPage(async () => (await cookies()).get("theme")?.value))
  expect(await response.text()).toBe("dark")
})

test("the proxy, and the page behind it", async () => {
  const account = nextProxy(proxy, nextPage(Account))
  expect((await site.browser().fetch(account, "/account")).status).toBe(302)
  const alice = await site.browserOf("alice")
  expect((await alice.fetch(account, "/account")).status).toBe(200)
})
