/** Logout, links in mails and sessions of the user as Server Actions and as data for components. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { LoginRequired } from "../../../../src/adapters/errors/errors.ts"
import { accountActions } from "../../../../src/adapters/http/next/accounts/account-actions.ts"
import { accountRoutes, type NextAccountsOptions } from "../../../../src/adapters/http/next/accounts/account-routes.ts"
import { accountViews } from "../../../../src/adapters/http/next/accounts/account-views.ts"
import { type AuthSource, authOf } from "../../../../src/adapters/http/next/framework/auth-source.ts"
import { headOf } from "../../../../src/adapters/http/next/framework/next-head.ts"
import { serverAction } from "../../../../src/adapters/http/next/handlers/server-action.ts"
import type { SessionFields } from "../../../../src/adapters/request/session/session-access.ts"
import { testSite } from "../../../../src/testing/site/test-site.ts"
import { redirect, thrownBy } from "./thrown.ts"

const noErrors = { errors: {}, values: {} }
const origin = "http://localhost"

const site = (userSessions = true) => {
  const { auth, stores, user } = testSite({
    users: { alice: { email: "alice@example.com" }, bob: {} },
    auth: { allowedHosts: ["localhost"] },
    userSessions
  })
  const mails: Array<string> = []
  const options: NextAccountsOptions = {
    signUp: true,
    mail: {
      send: async ({ mail }) => {
        mails.push(mail.text)
        return true
      },
      drain: async () => {}
    }
  }
  const after = (then: () => Promise<void>) => void then()
  const { GET } = accountRoutes(after)(auth, options)
  return {
    auth,
    options,
    stores,
    user,
    /** A browser with its own cookies, and the functions as they work in its requests. */
    browser: (language = "en") => {
      const jar = new Map<string, string>()
      const next = {
        headers: async () => new Headers({ host: "localhost", origin, "accept-language": language }),
        cookies: async () => ({
          getAll: () => Array.from(jar, ([name, value]) => ({ name, value })),
          set: ({ name, value }: { readonly name: string; readonly value: string }) => void jar.set(name, value)
        }),
        redirect,
        refresh: () => {},
        after
      }
      const reader = async <User extends object, Fields extends SessionFields>(source: AuthSource<User, Fields>) =>
        authOf(source).reader(headOf({ headers: await next.headers(), cookies: await next.cookies() }, "GET"))
      const views = accountViews({
        headers: next.headers,
        reader,
        requireUser: async (source, page) => (await reader(source)).at(page).requireUser(),
        requireRecentLogin: async (source, page, seconds) => (await reader(source)).at(page).requireRecentLogin(seconds)
      })
      const { accountAction, accountForm } = accountActions(next)
      return {
        jar,
        accountForm,
        ...views,
        act: (name: Parameters<typeof accountAction>[1], fields: Readonly<Record<string, string>>) => {
          const form = new FormData()
          for (const [field, value] of Object.entries(fields)) form.set(field, value)
          return accountAction(auth, name, options)(noErrors, form)
        },
        /** Logs a user in without a password. */
        logIn: (username: "alice" | "bob") =>
          serverAction(next)(auth, async ({ login }) => {
            const found = await auth.findUser({ username })
            if (found !== undefined) await login(found)
          })(),
        userOf: async () => (await reader(auth)).getUser().then((user) => user?.username),
        /** Opens the link of the newest mail. Returns the path of the page that it redirects to. */
        openLink: async () => {
          await expect.poll(() => mails.length).toBeGreaterThan(0)
          const [link = ""] = /https?:\/\/\S+/.exec(mails.pop() ?? "") ?? []
          const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ")
          const response = await GET(new Request(link, { headers: { cookie, host: "localhost" } }), {
            params: Promise.resolve({ path: [] })
          })
          for (const line of response.headers.getSetCookie()) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
            if (name !== undefined && value !== undefined) jar.set(name, value)
          }
          return new URL(response.headers.get("location") ?? "", origin).pathname
        }
      }
    }
  }
}

const goesTo = (path: string) => ({ digest: `NEXT_REDIRECT;replace;${path};307;` })
const credentials = (username: string) => ({ username, password: `${username}'s password` })
const uidOf = (path: string): string => path.split("/").at(-2) ?? ""

describe("the form of logout", () => {
  it("is a button in the client's language, logs out, and goes to a safe next", async () => {
    const { auth, browser } = site()
    const { accountForm, act, userOf } = browser("de")
    expect(await accountForm(auth, "logout")).toMatchObject({ button: "Abmelden", language: "de", fields: [] })
    for (const [next, answer] of [
      ["/bye", "/bye"],
      ["//evil.example", undefined]
    ] as const) {
      await thrownBy(() => act("login", credentials("alice")))
      expect(await userOf()).toBe("alice")
      if (answer === undefined) expect(await act("logout", { next })).toMatchObject({ done: "loggedOut", errors: {} })
      else expect(await thrownBy(() => act("logout", { next }))).toMatchObject(goesTo(answer))
      expect(await userOf()).toBeUndefined()
    }
  })
})

describe("the form of a link in a mail", () => {
  it("sets a new password once, with the token in the session and not in the URL", async () => {
    const { auth, browser, options } = site()
    const { accountLinkForm, act, openLink } = browser()
    await thrownBy(() => act("passwordReset", { email: "alice@example.com" }))
    const path = await openLink()
    expect(path).toMatch(/^\/accounts\/reset\/[^/]+\/set-password$/)
    const uid = uidOf(path)
    expect(await accountLinkForm(auth, "passwordResetConfirm", uid, options)).toMatchObject({
      title: "Enter new password",
      text: expect.stringContaining("twice"),
      uid,
      fields: [{ name: "new_password1" }, { name: "new_password2" }]
    })
    const password = "a new password"
    const problems = await act("passwordResetConfirm", { uid, new_password1: password, new_password2: "another" })
    expect(problems.errors).toMatchObject({ new_password2: [{ code: "password_mismatch" }] })
    const form = { uid, new_password1: password, new_password2: password }
    expect(await thrownBy(() => act("passwordResetConfirm", form))).toMatchObject(goesTo("/accounts/reset/done"))
    expect(await thrownBy(() => act("login", { username: "alice", password }))).toMatchObject(goesTo("/"))
    const again = await act("passwordResetConfirm", form)
    expect(again).toMatchObject({
      errors: { __all__: [{ code: "passwordResetInvalid", message: expect.stringContaining("link was invalid") }] }
    })
    expect(again.done).toBeUndefined()
  })

  it("confirms a new account and a new address", async () => {
    const { auth, browser, options } = site()
    const { accountLinkForm, act, openLink, userOf } = browser()
    const password = "carol's password"
    const account = { username: "carol", email: "carol@example.com", password1: password, password2: password }
    await thrownBy(() => act("signUp", account))
    const verify = uidOf(await openLink())
    expect(await accountLinkForm(auth, "verify", verify, options)).toMatchObject({ fields: [{ name: "password" }] })
    expect(await thrownBy(() => act("verify", { uid: verify, password }))).toMatchObject(goesTo("/"))
    expect(await userOf()).toBe("carol")
    await thrownBy(() => act("emailChange", { email: "new@example.com", password }))
    const uid = uidOf(await openLink())
    const form = await accountLinkForm(auth, "emailConfirm", uid, options)
    expect([form.text, form.fields]).toEqual(["Use new@example.com for your account?", []])
    expect(await thrownBy(() => act("emailConfirm", { uid }))).toMatchObject(goesTo("/accounts/email/done"))
    expect(await auth.findUser({ username: "carol" })).toMatchObject({ email: "new@example.com" })
  })

  it("says that a link is not valid: without its token, of another account, of another kind, and without mail", async () => {
    const { auth, browser, options } = site()
    const { accountLinkForm, act, openLink } = browser("de")
    await thrownBy(() => act("passwordReset", { email: "alice@example.com" }))
    const uid = uidOf(await openLink())
    const stranger = browser("de")
    for (const form of [
      await stranger.accountLinkForm(auth, "passwordResetConfirm", uid, options),
      await accountLinkForm(auth, "passwordResetConfirm", `${uid}0`, options),
      await accountLinkForm(auth, "passwordResetConfirm", "../..", options),
      await accountLinkForm(auth, "emailConfirm", uid, options),
      await accountLinkForm(auth, "passwordResetConfirm", uid, {})
    ])
      expect([form.uid, form.language, form.text]).toEqual([undefined, "de", expect.stringMatching(/Link/)])
    const passwords = { new_password1: "a new password", new_password2: "a new password" }
    const refused = await stranger.act("passwordResetConfirm", { uid, ...passwords })
    expect(refused.errors).toMatchObject({ __all__: [{ code: "passwordResetInvalid" }] })
    for (const bad of [{}, { uid: "../login" }, { uid: "a/b" }])
      await expect(act("passwordResetConfirm", { ...bad, ...passwords })).rejects.toThrow("accountLinkForm")
  })
})

describe("the sessions of the user", () => {
  it("are listed in the client's language, and ended one by one or all others together", async () => {
    const { auth, browser, options } = site()
    const [here, other, third] = [browser("de"), browser(), browser()]
    for (const { act } of [here, other, third]) await thrownBy(() => act("login", credentials("alice")))
    const listed = await here.accountSessions(auth, "/me", options)
    expect(listed).toMatchObject({ language: "de", title: "Ihre Sitzungen" })
    expect(listed.sessions).toHaveLength(3)
    const others = listed.sessions.filter(({ end }) => end !== undefined)
    expect(others).toHaveLength(2)
    expect(others[0]?.facts[0]).toEqual({
      label: expect.any(String),
      text: expect.stringContaining("UTC"),
      dateTime: expect.stringMatching(/Z$/)
    })
    const end = (session: string, next: string) => thrownBy(() => here.act("sessions", { session, next }))
    expect(await end(others[0]?.id ?? "", "/me")).toMatchObject(goesTo("/me"))
    expect((await here.accountSessions(auth, "/me", options)).sessions).toHaveLength(2)
    expect(await end("", "//evil.example")).toMatchObject(goesTo("/accounts/sessions"))
    expect([await here.userOf(), await other.userOf(), await third.userOf()]).toEqual(["alice", undefined, undefined])
    expect(await here.accountSessions(auth, "/me", options)).toMatchObject({ sessions: [{}], endOthers: undefined })
    expect((await here.act("sessions", {})).errors).toMatchObject({ session: [{ code: "required" }] })
  })

  it("are those of no other user, and of no visitor", async () => {
    const { auth, browser, options } = site()
    const [alice, bob, visitor] = [browser(), browser(), browser()]
    await thrownBy(() => alice.act("login", credentials("alice")))
    await thrownBy(() => bob.act("login", credentials("bob")))
    const [session] = (await alice.accountSessions(auth, "/me", options)).sessions
    expect((await bob.accountSessions(auth, "/me", options)).sessions).toHaveLength(1)
    await thrownBy(() => bob.act("sessions", { session: session?.id ?? "" }))
    expect(await alice.userOf()).toBe("alice")
    expect(await thrownBy(() => visitor.accountSessions(auth, "/me", options))).toBeInstanceOf(LoginRequired)
    expect(await thrownBy(() => visitor.act("sessions", { session: "" }))).toMatchObject({
      digest: expect.stringContaining("login/?next=/accounts/sessions")
    })
  })

  it("are not served by a store that does not record them", async () => {
    const { browser } = site(false)
    const { act } = browser()
    await thrownBy(() => act("login", credentials("alice")))
    await expect(act("sessions", { session: "" })).rejects.toThrow("sessions is not served")
  })
})

describe("a form that asks for the password", () => {
  it("says to a user without a password that there is none, and is not done", async () => {
    const { browser, stores, user } = site()
    Effect.runSync(stores.users.setPassword(String(user("alice").id), "!unusable"))
    const { act, logIn } = browser()
    await logIn("alice")
    expect(await act("passwordChange", {})).toEqual({
      errors: { __all__: [{ code: "noPassword", message: expect.stringContaining("You log in another way") }] },
      values: expect.anything()
    })
  })
})
