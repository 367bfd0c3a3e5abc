/** Login and logout pages, on connect. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { directPages } from "../direct.ts"
import { accountSite, asJson, codesOf } from "../site.ts"

interface Vector {
  readonly label: string
  readonly data: Readonly<Record<string, string>>
  readonly valid: boolean
  readonly errors: Readonly<Record<string, ReadonlyArray<{ readonly code: string; readonly message: string }>>>
}

const vectors: ReadonlyArray<Vector> = JSON.parse(
  readFileSync(new URL("../../../vectors/authentication_form.json", import.meta.url), "utf8")
).data

/** The vectors were made with one password for all users. */
const passwordOf = (text: string | undefined): string | undefined => text?.replace("wonderland1", "alice's password")

describe("the login page", () => {
  it("logs in and redirects", async () => {
    const site = accountSite()
    const alice = site.browser()
    const page = await site.get(alice, "/accounts/login")
    expect(page.status).toBe(200)
    expect(page.headers.get("cache-control")).toBe("no-store")
    expect(await page.text()).toContain('name="username"')
    const done = await site.post(alice, "/accounts/login", site.credentials("alice"))
    expect([done.status, done.headers.get("location")]).toEqual([302, "/"])
    expect(await site.whoIs(alice)).toBe("alice")
  })

  it("is there with and without a slash, and nowhere else", async () => {
    const site = accountSite({ path: "/in" })
    const browser = site.browser()
    expect((await site.get(browser, "/in/login/")).headers.get("content-type")).toContain("text/html")
    expect((await site.get(browser, "/in/login?next=/a")).status).toBe(200)
    for (const path of ["/accounts/login", "/in/log", "/in", "/in//login", "/in/login//", "/in/%6Cogin"])
      expect(await (await site.get(browser, path)).text(), path).toBe("anonymous")
  })

  it.each(
    vectors.map((vector) => [vector.label, vector] as const)
  )("answers as Django's form: %s", async (_, vector) => {
    const site = accountSite()
    const { password, ...others } = vector.data
    const written = passwordOf(password)
    const form = { ...others, ...(written === undefined ? {} : { password: written }) }
    const browser = site.browser()
    const answer = await site.post(browser, "/accounts/login", form, asJson)
    if (vector.valid) expect([answer.status, await answer.json()]).toEqual([200, { redirect: "/" }])
    else expect([answer.status, await answer.json()]).toEqual([400, { errors: vector.errors }])
    expect(await site.whoIs(browser)).toBe(vector.valid ? "alice" : "anonymous")
  })

  it("refuses a form without its token, and logs no user in", async () => {
    const site = accountSite()
    const browser = site.browser()
    const init = { form: site.credentials("alice"), csrf: false } as const
    expect((await browser.fetch(site.target, "/accounts/login", init)).status).toBe(403)
    expect(await site.whoIs(browser)).toBe("anonymous")
  })

  it("keeps a safe next through a wrong password, and ignores an unsafe one", async () => {
    const site = accountSite()
    const browser = site.browser()
    const page = await (await site.get(browser, "/accounts/login?next=/a%3Fb%3D1")).text()
    expect(page).toContain('name="next" value="/a?b=1"')
    const wrong = await site.post(browser, "/accounts/login", { username: "alice", password: "x", next: "/a?b=1" })
    expect(await wrong.text()).toContain('name="next" value="/a?b=1"')
    const right = await site.post(browser, "/accounts/login", { ...site.credentials("alice"), next: "/a?b=1" })
    expect(right.headers.get("location")).toBe("/a?b=1")
    const unsafe = await site.post(browser, "/accounts/login", { ...site.credentials("alice"), next: "//evil.example" })
    expect(unsafe.headers.get("location")).toBe("/")
  })

  it("keeps a safe next when the form is out of date, and ignores an unsafe one", async () => {
    const site = accountSite()
    const browser = site.browser()
    const formAction = async (path: string) => {
      const [, action = ""] =
        /<form method="post" action="([^"]*)"/.exec(await (await site.get(browser, path)).text()) ?? []
      return action
    }
    const action = await formAction("/accounts/login?next=/a%3Fb%3D1&other=3")
    const form = { ...site.credentials("alice"), next: "/a?b=1" }
    const refused = await browser.fetch(site.target, action, { form, csrf: false })
    const [, again = ""] = /<a href="([^"]*)">Open the page again</.exec(await refused.text()) ?? []
    expect([refused.status, again]).toEqual([403, "/accounts/login?next=%2Fa%3Fb%3D1"])
    expect(await (await site.get(browser, again)).text()).toContain('name="next" value="/a?b=1"')
    expect(await formAction("/accounts/login?next=//evil.example")).toBe("/accounts/login")
  })

  it("refuses an inactive user that the backend admits, as Django's form, and only with the right password", async () => {
    const site = accountSite(
      {},
      { auth: ({ users }) => ({ backends: { open: modelBackend(users, { allowInactive: true }) } }) }
    )
    const browser = site.browser()
    const codesWith = async (password: string) =>
      codesOf(await site.post(browser, "/accounts/login", { username: "ghost", password }, asJson))
    expect(await codesWith("wrong")).toEqual({ __all__: ["invalid_login"] })
    expect(await codesWith(site.credentials("ghost").password)).toEqual({ __all__: ["inactive"] })
    expect(await site.whoIs(browser)).toBe("anonymous")
  })

  it("shows the user name again, but never the password", async () => {
    const site = accountSite()
    const wrong = await site.post(site.browser(), "/accounts/login", { username: '"><b>', password: "secret-word" })
    const html = await wrong.text()
    expect(html).not.toContain("secret-word")
    expect(html).not.toContain("<b>")
    expect(html).toContain("&#34;&#62;&#60;b&#62;")
  })

  it("sends its form to this site, also if the target of the request names another host", async () => {
    const site = accountSite()
    const { send } = directPages(site)
    const { body } = await send(site.browser(), "http://evil.example/accounts/login?next=/a")
    expect(body).toContain('<form method="post" action="/accounts/login?next=%2Fa"')
    expect(body).not.toContain("evil")
  })

  it("redirects a user who is logged in, only if the option says so, and never to itself", async () => {
    for (const redirectAuthenticatedUser of [false, true]) {
      const site = accountSite({ redirectAuthenticatedUser, loginRedirectUrl: "/home" })
      const alice = await site.browserOf("alice")
      const page = await site.get(alice, "/accounts/login?next=/x")
      expect([page.status, page.headers.get("location")]).toEqual(redirectAuthenticatedUser ? [302, "/x"] : [200, null])
      expect((await site.get(alice, "/accounts/login?next=/accounts/login")).status).toBe(200)
    }
  })

  it("asks to stay logged in, if the option says so", async () => {
    const site = accountSite({ rememberMe: true })
    const expiryOf = async (form: Readonly<Record<string, string>>) => {
      const browser = site.browser()
      await site.post(browser, "/accounts/login", { ...site.credentials("alice"), ...form })
      return browser.cookies.find(({ name }) => name === "sessionid")?.expiresAt
    }
    expect(await expiryOf({})).toBeUndefined()
    expect(await expiryOf({ remember: "on" })).toBe(site.clock.now() + site.sessionCookie.ageSeconds * 1000)
  })

  it("takes and answers JSON", async () => {
    const site = accountSite()
    const browser = site.browser()
    const page = await (await site.get(browser, "/accounts/login", asJson)).json()
    expect(page).toMatchObject({ name: "login", form: { fields: [{ name: "username" }, { name: "password" }] } })
    const answer = await browser.fetch(site.target, "/accounts/login", {
      json: site.credentials("alice"),
      headers: asJson
    })
    expect([answer.status, await answer.json()]).toEqual([200, { redirect: "/" }])
    expect(await site.whoIs(browser)).toBe("alice")
  })

  it("answers 503 while the store is out of reach", async () => {
    const site = accountSite()
    const browser = site.browser()
    site.network.fail("all", "refused")
    expect((await site.post(browser, "/accounts/login", site.credentials("alice"))).status).toBe(503)
  })

  it.each(["PUT", "DELETE", "PATCH"])("answers 405 to %s", async (method) => {
    const site = accountSite()
    const answer = await site.browser().fetch(site.target, "/accounts/login", { method })
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"])
  })

  it("refuses a body that is too large or of another type", async () => {
    const site = accountSite()
    const send = async (type: string, body: string) =>
      (
        await site.browser().fetch(site.target, "/accounts/login", {
          method: "POST",
          body,
          headers: { "content-type": type }
        })
      ).status
    expect(await send("application/x-www-form-urlencoded", `username=${"a".repeat(200_000)}`)).toBe(413)
    expect(await send("application/json", "[1]")).toBe(400)
    expect(await send("application/json", "{")).toBe(400)
    expect(await send("text/plain", "a")).toBe(415)
  })
})

describe("the logout page", () => {
  it("logs out by POST only", async () => {
    const site = accountSite()
    const alice = await site.browserOf("alice")
    const page = await site.get(alice, "/accounts/logout")
    expect([page.status, page.headers.get("allow")]).toEqual([405, "POST, OPTIONS"])
    expect(await site.whoIs(alice)).toBe("alice")
    const done = await site.post(alice, "/accounts/logout", {})
    expect([done.status, (await done.text()).includes("<h1>Logged out</h1>")]).toEqual([200, true])
    expect(await site.whoIs(alice)).toBe("anonymous")
  })

  it("redirects to a safe next, else to the option", async () => {
    const site = accountSite({ logoutRedirectUrl: "/bye" })
    const next = async (form: Readonly<Record<string, string>>) =>
      (await site.post(await site.browserOf("alice"), "/accounts/logout", form)).headers.get("location")
    expect(await next({ next: "/a" })).toBe("/a")
    expect(await next({ next: "//evil.example" })).toBe("/bye")
    expect(await next({})).toBe("/bye")
  })
})

it.each([
  "loginRedirectUrl",
  "logoutRedirectUrl"
])("%s is a path or URL, never the name of a Django's URL", (option) => {
  expect(() => accountSite({ [option]: "home" })).toThrow(`${option} is not a path that begins with "/"`)
})

describe("the URL of the login page", () => {
  const links = async (options: Parameters<typeof accountSite>[0], loginUrl?: string) => {
    const site = accountSite(options, loginUrl === undefined ? {} : { auth: { loginUrl } })
    const path = options?.path ?? "/accounts"
    const guarded = await site.get(site.browser(), `${path}/password_change`)
    const pages = [await site.get(site.browser(), `${path}/login`), await site.get(site.browser(), `${path}/login/`)]
    expect(pages.map(({ status }) => status)).toEqual([200, 200])
    const html = await (await site.get(site.browser(), `${path}/password_reset`)).text()
    const [, link] = /<li><a href="([^"]*)">Log in</.exec(html) ?? []
    return [guarded.headers.get("location")?.split("?")[0], link]
  }

  it("is LOGIN_URL, in the links of the pages as for guards", async () => {
    for (const trailingSlash of [true, false]) {
      expect(await links({ trailingSlash })).toEqual(["/accounts/login/", "/accounts/login/"])
      expect(await links({ trailingSlash }, "/accounts/login")).toEqual(["/accounts/login", "/accounts/login"])
    }
    expect(await links({ path: "/account" }, "/account/login/")).toEqual(["/account/login/", "/account/login/"])
  })

  it("is that of these pages, if LOGIN_URL is another page", async () => {
    expect(await links({}, "/sign-in")).toEqual(["/sign-in", "/accounts/login"])
    expect(await links({ path: "/account", trailingSlash: true })).toEqual(["/accounts/login/", "/account/login/"])
  })
})
