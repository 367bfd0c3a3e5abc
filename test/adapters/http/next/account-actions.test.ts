import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { accountActions } from "../../../../src/adapters/http/next/accounts/account-actions.ts"
import { testSite } from "../../../../src/testing/site/test-site.ts"
import { redirect, thrownBy } from "./thrown.ts"

const noErrors = { errors: {}, values: {} }

const site = () => {
  const { auth, clock } = testSite({
    users: { alice: {}, bob: {} },
    auth: { allowedHosts: ["localhost"], loginUrl: "/login", reauthentication: {} },
    userSessions: true
  })
  const jar = new Map<string, string>()
  const refreshed: Array<"refreshed"> = []
  const sent = new Headers({ host: "localhost", origin: "http://localhost", "accept-language": "de" })
  const next = {
    headers: async () => sent,
    cookies: async () => ({
      getAll: () => Array.from(jar, ([name, value]) => ({ name, value })),
      set: ({ name, value }: { readonly name: string; readonly value: string }) => void jar.set(name, value)
    }),
    redirect,
    refresh: () => void refreshed.push("refreshed"),
    after: (then: () => Promise<void>) => void then()
  }
  return { auth, clock, jar, refreshed, sent, ...accountActions(next) }
}

const formOf = (fields: Readonly<Record<string, string>>): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return form
}

describe("a Server Action of the account pages", () => {
  it("answers the problems in the client's language, and shows no password again", async () => {
    const { accountAction, auth, jar } = site()
    const logIn = accountAction(auth, "login")
    expect(await logIn(noErrors, formOf({ username: "alice", password: "secret-word" }))).toEqual({
      errors: { __all__: [{ code: "invalid_login", message: expect.stringMatching(/^Benutzername/) }] },
      values: { username: "alice", password: "" }
    })
    expect(jar.has("sessionid")).toBe(false)
  })

  it("logs in and redirects to a safe next", async () => {
    const { accountAction, auth, jar } = site()
    const logIn = accountAction(auth, "login")
    const alice = { username: "alice", password: "alice's password" }
    const to = (next: string) => thrownBy(() => logIn(noErrors, formOf({ ...alice, next })))
    expect(await to("/members")).toMatchObject({ digest: "NEXT_REDIRECT;replace;/members;307;" })
    expect(jar.has("sessionid")).toBe(true)
    expect(await to("//evil.example")).toMatchObject({ digest: "NEXT_REDIRECT;replace;/;307;" })
  })

  it("redirects a visitor who is not logged in to the login page, and from there back to the page with the form", async () => {
    const { accountAction, auth, sent } = site()
    const change = accountAction(auth, "passwordChange")
    const next = async (referer: string | undefined) => {
      if (referer === undefined) sent.delete("referer")
      else sent.set("referer", referer)
      const { digest } = Object(await thrownBy(() => change(noErrors, formOf({}))))
      return /;\/login\?next=(.*);307;$/.exec(digest)?.[1]
    }
    expect(await next("http://localhost/me?tab=password#form")).toBe("/me%3Ftab%3Dpassword")
    for (const unknown of [
      undefined,
      "",
      "about:blank",
      "http://localhost/",
      "http://localhost//evil.example/",
      "http://evil.example/me",
      "http://localhost:81/me"
    ])
      expect(await next(unknown)).toBe("/accounts/password_change")
  })

  it("asks for the password if the login is too old, and leads back to the page with the form", async () => {
    const { accountAction, auth, clock, sent } = site()
    const end = accountAction(auth, "sessions")
    const alice = { username: "alice", password: "alice's password" }
    await thrownBy(() => accountAction(auth, "login")(noErrors, formOf(alice)))
    const answer = () => thrownBy(() => end(noErrors, formOf({ session: "", next: "/me" })))
    expect(await answer()).toMatchObject({ digest: "NEXT_REDIRECT;replace;/me;307;" })
    clock.advance({ seconds: 900 })
    sent.set("referer", "http://localhost/me")
    expect(await answer()).toMatchObject({ digest: expect.stringContaining("/reauthenticate/?next=/me;") })
  })

  it("says which page to show if it does not redirect", async () => {
    const { accountAction, auth } = site()
    const password = "alice's password"
    await thrownBy(() => accountAction(auth, "login")(noErrors, formOf({ username: "alice", password })))
    const remove = accountAction(auth, "delete", { deletion: true })
    expect(await remove(noErrors, formOf({ password }))).toEqual({ errors: {}, values: {}, done: "deleted" })
    expect(await auth.findUser({ username: "alice" })).toBeUndefined()
  })

  it("tells Next's router to load its pages again when it is done, and not when the form has problems", async () => {
    const { accountAction, auth, refreshed } = site()
    const password = "alice's password"
    const remove = accountAction(auth, "delete", { deletion: true })
    const logIn = accountAction(auth, "login")
    await logIn(noErrors, formOf({ username: "alice", password: "wrong" }))
    await thrownBy(() => remove(noErrors, formOf({ password })))
    expect(refreshed).toEqual([])
    await thrownBy(() => logIn(noErrors, formOf({ username: "alice", password })))
    expect(refreshed).toHaveLength(1)
    await remove(noErrors, formOf({ password: "wrong" }))
    expect(refreshed).toHaveLength(1)
    await remove(noErrors, formOf({ password }))
    expect(refreshed).toHaveLength(2)
  })

  it("refuses a form that the options turn off, and options that do not exist", async () => {
    const { accountAction, auth } = site()
    await expect(accountAction(auth, "signUp")(noErrors, formOf({}))).rejects.toThrow("signUp is not served")
    await expect(accountAction(auth, "login", { path: "accounts" })(noErrors, formOf({}))).rejects.toThrow("path")
    expect(() => accountAction(auth, "login", JSON.parse('{"pathh": "/"}'))).toThrow(ConfigurationInvalid)
  })
})

describe("a form of the account pages as data", () => {
  it("has its texts in the client's language, and the fields that the options ask for", async () => {
    const { accountForm, auth } = site()
    expect(await accountForm(auth, "login", { rememberMe: true })).toMatchObject({
      language: "de",
      title: "Anmelden",
      fields: [
        { name: "username", type: "text", autocomplete: "username", isRequired: true, rules: [] },
        { name: "password", type: "password", autocomplete: "current-password", isRequired: true, rules: [] },
        { name: "remember", type: "checkbox", isRequired: false, rules: [] }
      ]
    })
  })
})
