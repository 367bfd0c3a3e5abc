/**
 * latchkey's own functions in routes, actions, pages and proxies that the test kit runs. They also work in a version of
 * Next whose stores the kit does not find: so nothing here calls `headers()` or `cookies()` of Next itself.
 */
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { CsrfFailed } from "latchkey"
import { withAuth, withAuthAction } from "latchkey/next"
import { loginProxy } from "latchkey/next/proxy"
import { reader, requirePermission, requireRecentLogin, requireUser } from "latchkey/next/reader"
import { everyOrder } from "latchkey/testing"
import { nextAction, nextPage, nextProxy, nextRoute } from "latchkey/testing/next"
import { notFound, redirect } from "next/navigation.js"
import { createElement as element, Suspense } from "react"
import { site } from "./site.ts"

const { auth } = site
beforeEach(() => site.reset())

const logIn = nextAction(
  withAuthAction(auth, async ({ authenticate, login, redirectToNext }, form: FormData) => {
    const user = await authenticate({ username: form.get("username"), password: form.get("password") })
    if (!user) return { error: "invalid" }
    await login(user)
    return redirect(redirectToNext("/", form).location)
  })
)
const logOut = nextRoute(
  withAuth(auth, async (request, { logout, verifyCsrf }) => {
    await verifyCsrf(await request.formData())
    await logout()
    return redirect("/")
  })
)
const Name = async () => (await (await reader(auth)).getUser())?.username ?? "stranger"
const Account = async () => {
  const user = await requireUser(auth, "/account?tab=2")
  return element("p", null, user.username)
}
const account = nextPage(Account)

const endOf = ({ headers, status }: Response) => [status, headers.get("location")]

test("an action logs in, and pages and routes know the user until a route logs out", async () => {
  const browser = site.browser()
  assert.deepEqual(endOf(await browser.fetch(account, "/account")), [307, "/login?next=/account%3Ftab%3D2"])
  const wrong = await browser.fetch(logIn, "/login", { form: { username: "alice", password: "wrong" } })
  assert.deepEqual([wrong.status, await wrong.json()], [200, { error: "invalid" }])
  const form = { ...site.credentials("alice"), next: "/account" }
  assert.deepEqual(endOf(await browser.fetch(logIn, "/login", { form })), [303, "/account"])
  assert.equal(await (await browser.fetch(account, "/account")).text(), "<p>alice</p>")
  const name = nextRoute(withAuth(auth, async (_, { getUser }) => Response.json((await getUser())?.username)))
  assert.equal(await (await browser.fetch(name)).json(), "alice")
  assert.deepEqual(endOf(await browser.fetch(logOut, "/logout", { form: {} })), [303, "/"])
  assert.equal(browser.cookie("sessionid"), undefined)
  assert.equal((await browser.fetch(account, "/account")).status, 307)
})

test("sessions expire by the site's clock", async () => {
  const alice = await site.browserOf("alice")
  assert.equal((await alice.fetch(account)).status, 200)
  site.clock.advance({ days: 15 })
  assert.equal((await alice.fetch(account)).status, 307)
})

test("an action of another origin is refused, and a route's form without a token", async () => {
  const alice = await site.browserOf("alice")
  const from = "https://evil.example/"
  await assert.rejects(alice.fetch(logIn, "/login", { form: site.credentials("bob"), from }), CsrfFailed)
  assert.equal((await alice.fetch(logOut, "/logout", { form: {}, csrf: false })).status, 403)
  assert.equal(await (await alice.fetch(account)).text(), "<p>alice</p>")
})

test("guards of actions and pages answer with the login page or 404", async () => {
  const guarded = nextAction(withAuthAction(auth, async () => "done", { loginRequired: true, page: "/account" }))
  const editors = nextPage(async () => (await requirePermission(auth, "/editors", "blog.change_post")).username)
  const [stranger, alice, admin] = [site.browser(), await site.browserOf("alice"), await site.browserOf("admin")]
  assert.deepEqual(endOf(await stranger.fetch(guarded, "/account", { form: {} })), [303, "/login?next=/account"])
  assert.equal(await (await alice.fetch(guarded, "/account", { form: {} })).json(), "done")
  assert.deepEqual(endOf(await stranger.fetch(editors, "/editors")), [307, "/login?next=/editors"])
  assert.equal((await alice.fetch(editors, "/editors")).status, 404)
  assert.equal(await (await admin.fetch(editors, "/editors")).text(), "admin")
})

test("a route keeps the login when it then calls notFound()", async () => {
  const leave = nextRoute(
    withAuth(auth, async (_request, { login }) => {
      await login(site.user("alice"))
      return notFound()
    })
  )
  const browser = site.browser()
  assert.equal((await browser.fetch(leave)).status, 404)
  assert.equal(await (await browser.fetch(account)).text(), "<p>alice</p>")
})

test("all components of a page share one reader, and each page has its own", async () => {
  const seen = new Set<unknown>()
  const Remembering = async () => {
    seen.add(reader(auth))
    return element(Name)
  }
  const page = nextPage(() => [
    element(Remembering, { key: 1 }),
    element(Suspense, { fallback: "…", key: 2 }, element(Remembering))
  ])
  const alice = await site.browserOf("alice")
  site.network.forget()
  const html = await (await alice.fetch(page)).text()
  assert.deepEqual([html.match(/alice/g)?.length, seen.size], [2, 1])
  assert.equal(site.network.log.filter(({ operation }) => operation === "load").length, 1)
  assert.match(await (await site.browser().fetch(page)).text(), /stranger/)
  assert.equal(seen.size, 2)
})

test("a store that is out of reach is an error, and logs no user out", async () => {
  const alice = await site.browserOf("alice")
  site.network.fail("all", "refused")
  await assert.rejects(alice.fetch(account), { _tag: "StoreUnavailable" })
  const route = nextRoute(withAuth(auth, async (_request, { requireUser }) => Response.json(await requireUser())))
  assert.equal((await alice.fetch(route)).status, 503)
  site.network.heal()
  assert.equal(await (await alice.fetch(account)).text(), "<p>alice</p>")
})

test("a proxy redirects visitors without a session cookie before the page is rendered", async () => {
  const proxied = nextProxy(loginProxy({ loginUrl: "/login" }), account)
  const [status, location] = endOf(await site.browser().fetch(proxied, "/account?tab=2"))
  assert.deepEqual([status, location], [302, "/login?next=/account%3Ftab%3D2"])
  assert.equal(await (await (await site.browserOf("alice")).fetch(proxied, "/account")).text(), "<p>alice</p>")
})

test("actions, routes and pages run in every order of their store calls", async () => {
  const leave = nextAction(withAuthAction(auth, async ({ logout }) => logout()))
  const write = nextRoute(
    withAuth(auth, async (request, { session, verifyCsrf }) => {
      await verifyCsrf(await request.formData())
      await session.set("cart", 1)
      return new Response()
    })
  )
  for (const beside of [write, account]) {
    const orders = await everyOrder(site, async () => {
      const alice = await site.browserOf("alice")
      const tab = alice.copy()
      const init = beside === write ? { form: {} } : {}
      const check = async () => assert.equal((await tab.fetch(account)).status, 307)
      return { requests: [() => alice.fetch(leave, "/", { form: {} }), () => tab.fetch(beside, "/", init)], check }
    })
    assert.equal(orders.complete, true)
    assert.ok(orders.orders > 1)
  }
})

test("a page that needs a recent login asks for the password, and a proof opens it", async () => {
  const codes = nextPage(async () => element("p", null, (await requireRecentLogin(auth, "/codes?all=1", 600)).username))
  const prove = nextAction(
    withAuthAction(auth, async ({ reauthenticate }, form: FormData) =>
      reauthenticate({ password: form.get("password") })
    )
  )
  assert.deepEqual(endOf(await site.browser().fetch(codes, "/codes")), [307, "/login?next=/codes%3Fall%3D1"])
  const alice = await site.browserOf("alice")
  assert.equal(await (await alice.fetch(codes, "/codes")).text(), "<p>alice</p>")
  site.clock.advance({ minutes: 10 })
  const asked = endOf(await alice.fetch(codes, "/codes"))
  assert.deepEqual(asked, [307, "/accounts/reauthenticate/?next=/codes%3Fall%3D1"])
  await alice.fetch(prove, "/", { form: { password: "wrong" } })
  assert.equal((await alice.fetch(codes, "/codes")).status, 307)
  await alice.fetch(prove, "/", { form: { password: site.credentials("alice").password } })
  assert.equal(await (await alice.fetch(codes, "/codes")).text(), "<p>alice</p>")
})

/** Sets variables of the environment for one test, which Next sets when it builds an application. */
const withVariable = async (name: string, value: string, run: () => Promise<void>): Promise<void> => {
  process.env[name] = value
  try {
    await run()
  } finally {
    delete process.env[name]
  }
}

test("the base path of next.config is that of __NEXT_ROUTER_BASEPATH", () =>
  withVariable("__NEXT_ROUTER_BASEPATH", "/shop", async () => {
    const page = endOf(await site.browser().fetch(account, "/account"))
    assert.deepEqual(page, [307, "http://localhost/login?next=/shop/account%3Ftab%3D2"])
    const route = nextRoute(withAuth(auth, async (_request, { requireUser }) => Response.json(await requireUser())))
    assert.deepEqual(endOf(await site.browser().fetch(route, "/me")), [302, "/login?next=/shop/me"])
  }))

test("a page answers 403 if experimental.authInterrupts is set, by __NEXT_EXPERIMENTAL_AUTH_INTERRUPTS", () =>
  withVariable("__NEXT_EXPERIMENTAL_AUTH_INTERRUPTS", "true", async () => {
    const editors = nextPage(async () => (await requirePermission(auth, "/editors", "blog.change_post")).username)
    assert.equal((await (await site.browserOf("alice")).fetch(editors, "/editors")).status, 403)
  }))
