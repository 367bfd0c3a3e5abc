/** The account pages with the option `throttle`: a throttled form gets its usual answer, for the usual work. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { AccountPagesOptions } from "../../../src/adapters/account-pages/visit/account-options.ts"
import { StoreUnavailable } from "../../../src/adapters/errors/errors.ts"
import type { ThrottleStore } from "../../../src/adapters/ports/throttle-store.ts"
import { memoryThrottle } from "../../../src/adapters/store/memory.ts"
import type { Browser } from "../../../src/testing/browser/browser.ts"
import { testSite } from "../../../src/testing/site/test-site.ts"
import { directPages } from "./direct.ts"

const users = { alice: {}, bob: {} } as const

const throttled = (options: AccountPagesOptions = {}) => {
  const counts = memoryThrottle()
  let isGone = false
  let calls = 0
  const failing = Effect.fail(new StoreUnavailable({ operation: "a test", cause: "a test" }))
  const store: ThrottleStore = {
    take: (asks, now) =>
      Effect.suspend(() => {
        calls += 1
        return isGone ? failing : counts.take(asks, now)
      }),
    settle: (changes) =>
      Effect.suspend(() => {
        calls += 1
        return isGone ? failing : counts.settle(changes)
      })
  }
  let address = "192.0.2.1"
  const site = testSite({
    users,
    auth: { throttle: { store }, reauthentication: {}, clientAddress: () => address }
  })
  const pages = directPages(site, { deactivation: true, deletion: true, ...options })
  /** Everything that a client sees of an answer, and the work that was done for it. */
  const observed = async (browser: Browser, path: string, form: Readonly<Record<string, string>>, accept?: string) => {
    site.network.forget()
    const before = { hashes: site.hashed.length, calls }
    const { work, ...seen } = await pages.send(browser, path, form, accept)
    return {
      // Random values differ: session keys and CSRF tokens.
      seen: JSON.stringify(seen).replaceAll(/drawn[0-9A-Za-z]+/g, "random"),
      work: {
        stores: site.network.log.map(({ operation }) => operation),
        hashes: site.hashed.length - before.hashes,
        throttle: calls - before.calls,
        entries: work.length
      },
      mails: work.flatMap(({ mails }) => mails.map(({ name }) => name))
    }
  }
  return {
    ...pages,
    site,
    observed,
    throttleCalls: () => calls,
    from: (other: string): void => {
      address = other
    },
    loseStore: (): void => {
      isGone = true
    }
  }
}

const password = "alice's password"
const wrong = "alice's passwort"

interface AskingForPassword {
  readonly path: string
  /** The fields besides the password. */
  readonly fields?: Readonly<Record<string, string>>
  readonly field?: string
  readonly isAnonymous?: true
  /** So many wrong passwords are free. */
  readonly free: number
}

const forms: ReadonlyArray<AskingForPassword> = [
  { path: "/accounts/login", fields: { username: "alice" }, isAnonymous: true, free: 5 },
  { path: "/accounts/reauthenticate", free: 10 },
  {
    path: "/accounts/password_change",
    field: "old_password",
    fields: { new_password1: "a horse", new_password2: "a horse" },
    free: 10
  },
  {
    path: "/accounts/password_change",
    field: "old_password",
    fields: { new_password1: "a horse", new_password2: "another horse" },
    free: 10
  },
  { path: "/accounts/email_change", fields: { email: "new@example.com" }, free: 10 },
  { path: "/accounts/deactivate", free: 10 },
  { path: "/accounts/delete", free: 10 }
]

describe.each(forms)("$path with $fields", ({ field = "password", fields = {}, free, isAnonymous, path }) => {
  it.each([
    undefined,
    "application/json"
  ])("answers a throttled form as one with a wrong password: %s", async (accept) => {
    const { observed, site } = throttled()
    const browserOf = async () => (isAnonymous ? site.browser() : site.browserOf("alice"))
    const expected = await observed(await browserOf(), path, { ...fields, [field]: wrong }, accept)
    for (let at = 1; at < free; at++) await observed(await browserOf(), path, { ...fields, [field]: wrong })
    expect(await observed(await browserOf(), path, { ...fields, [field]: password }, accept)).toEqual(expected)
    expect(expected.mails).toEqual([])
    expect(expected.work).toMatchObject({ hashes: 1, throttle: 1 })
    site.clock.advance({ seconds: 1 })
    const right = await observed(await browserOf(), path, { ...fields, [field]: password }, accept)
    expect(right.seen).not.toBe(expected.seen)
  })

  it("is answered 503 while the throttle store is away, and nothing is decided", async () => {
    const { loseStore, send, site } = throttled()
    const browser = isAnonymous ? site.browser() : await site.browserOf("alice")
    loseStore()
    await expect(send(browser, path, { ...fields, [field]: password })).rejects.toBeInstanceOf(StoreUnavailable)
    expect(site.user("alice").isActive).toBe(true)
  })
})

describe("the link of a sign-up", () => {
  it("takes ten wrong passwords, then refuses the right one until the delay is over", async () => {
    const { linkBy, observed, open, site } = throttled()
    const browser = site.browser()
    const form = { username: "carol", email: "carol@example.com", password1: "a horse", password2: "a horse" }
    const path = await open(browser, await linkBy(browser, "/accounts/signup", form))
    const expected = await observed(browser, path, { password: wrong })
    for (let at = 1; at < 10; at++) await observed(browser, path, { password: wrong })
    expect(await observed(browser, path, { password: "a horse" })).toEqual(expected)
    site.clock.advance({ seconds: 1 })
    await observed(browser, path, { password: "a horse" })
    expect(await site.auth.findUser({ username: "carol" })).toBeDefined()
  })

  it("is not throttled by failures with another link for the same name", async () => {
    const { linkBy, observed, open, site } = throttled()
    const [attacker, carol] = [site.browser(), site.browser()]
    const signUp = (browser: Browser, email: string) =>
      linkBy(browser, "/accounts/signup", { username: "carol", email, password1: "a horse", password2: "a horse" })
    const attacked = await open(attacker, await signUp(attacker, "mallory@example.com"))
    const path = await open(carol, await signUp(carol, "carol@example.com"))
    for (let at = 0; at < 30; at++) await observed(attacker, attacked, { password: wrong })
    await observed(carol, path, { password: "a horse" })
    expect(await site.auth.findUser({ username: "carol" })).toBeDefined()
  })
})

interface SendingMail {
  readonly name: string
  readonly path: string
  readonly form: (email: string) => Readonly<Record<string, string>>
  readonly options?: AccountPagesOptions
  readonly isLoggedIn?: true
}

let names = 0
const sending: ReadonlyArray<SendingMail> = [
  { name: "password reset", path: "/accounts/password_reset", form: (email) => ({ email }) },
  {
    name: "sign-up",
    path: "/accounts/signup",
    form: (email) => ({ username: `user${names++}`, email, password1: "a horse", password2: "a horse" })
  },
  {
    name: "sign-up by an address",
    path: "/accounts/signup",
    form: (email) => ({ email, password1: "a horse", password2: "a horse" }),
    options: { usernameIsEmail: true }
  },
  {
    name: "change of the address",
    path: "/accounts/email_change",
    form: (email) => ({ email, password }),
    isLoggedIn: true
  }
]

describe.each(sending)("$name", ({ form, isLoggedIn, options = {}, path }) => {
  const start = async () => {
    const here = throttled(options)
    const browser = isLoggedIn ? await here.site.browserOf("alice") : here.site.browser()
    await here.observed(browser, path, form("first@example.com"))
    const browserOf = async () => (isLoggedIn ? browser : here.site.browser())
    return { ...here, submit: async (email: string) => here.observed(await browserOf(), path, form(email)) }
  }

  it.each([
    "bob@example.com",
    "unknown@example.com"
  ])("sends no sixth mail to %s, with the same answer and the same work", async (email) => {
    const { from, site, submit } = await start()
    const expected = await submit(email)
    for (let at = 1; at < 5; at++) {
      from(`198.51.100.${at}`)
      expect(await submit(email.toUpperCase())).toMatchObject({ mails: expected.mails })
    }
    from("198.51.100.9")
    expect(await submit(email)).toEqual({ ...expected, mails: [] })
    site.clock.advance({ seconds: 1 })
    expect((await submit(email)).mails).toEqual(expected.mails)
    if (email === "bob@example.com") expect(expected.mails).toHaveLength(1)
  })

  it("sends no more than 30 mails for one network, and others get theirs", async () => {
    const { from, submit } = await start()
    let mails = 0
    for (let at = 1; at < 100; at++) mails += (await submit(`bob+${at}@example.com`)).mails.length
    expect(mails).toBeLessThanOrEqual(29)
    expect(await submit("bob@example.com")).toMatchObject({ mails: [] })
    from("198.51.100.1")
    expect((await submit("bob@example.com")).mails).toHaveLength(1)
  })

  it("does not make logins wait", async () => {
    const { observed, site, submit } = await start()
    for (let at = 0; at < 50; at++) await submit("alice@example.com")
    const form = { username: "alice", password }
    expect((await observed(site.browser(), "/accounts/login", form)).seen).toContain('"status":302')
  })

  it("rejects while the throttle store is away", async () => {
    const { loseStore, submit } = await start()
    loseStore()
    await expect(submit("bob@example.com")).rejects.toBeInstanceOf(StoreUnavailable)
  })
})

describe("a sign-up without confirmation", () => {
  it("is answered as a taken name when it is throttled, for the same work, and creates nothing", async () => {
    const { observed, site } = throttled({ verifyEmail: false })
    const submit = (username: string) =>
      observed(site.browser(), "/accounts/signup", {
        username,
        email: "carol@example.com",
        password1: "a horse",
        password2: "a horse"
      })
    const taken = await submit("bob")
    for (let at = 1; at < 5; at++) await submit(`carol${at}`)
    expect(await site.auth.findUser({ username: "carol4" })).toBeDefined()
    const refused = await submit("dora")
    expect(refused.seen.replaceAll("dora", "bob")).toEqual(taken.seen)
    expect(refused.work).toEqual({ ...taken.work, stores: taken.work.stores.with(-1, "findByUsername") })
    expect(await site.auth.findUser({ username: "dora" })).toBeUndefined()
  })
})

describe("a text that is no link of a new account", () => {
  it("counts nothing, so that the person whose name it has can use the real link", async () => {
    const { site, throttleCalls } = throttled()
    const { accounts } = site.auth
    const account = { username: "carol", email: "carol@example.com", password: "a horse" }
    const signedUp = await Effect.runPromise(accounts.signUp(account))
    const [uid = "", token = ""] = signedUp._tag === "SignedUp" ? signedUp.account.link.split("/") : []
    const [calls, hashes] = [throttleCalls(), site.hashed.length]
    for (const text of ["", "garbage", `${token}a`, token.slice(1)])
      for (let at = 0; at < 20; at++)
        expect(await Effect.runPromise(accounts.verifyEmail(uid, text, "a horse"))).toEqual({ _tag: "LinkInvalid" })
    expect([throttleCalls(), site.hashed.length]).toEqual([calls, hashes])
    expect(await Effect.runPromise(accounts.verifyEmail(uid, token, "wrong"))).toEqual({ _tag: "PasswordWrong" })
    expect(throttleCalls()).toBeGreaterThan(calls)
    expect(await Effect.runPromise(accounts.verifyEmail(uid, token, "a horse"))).toMatchObject({ _tag: "Verified" })
  })
})
