/**
 * No answer tells which accounts exist: each form is sent to sites that differ only in one account. Answers must be
 * equal byte for byte, with their headers and cookies, and made with the same work: the same calls of the stores in the
 * same order, so the same statements that read and that write, as many hashes, and as many entries for the mail queue.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { AccountPagesOptions } from "../../../src/adapters/account-pages/visit/account-options.ts"
import type { Hasher } from "../../../src/adapters/ports/passwords.ts"
import { instantHasher } from "../../../src/testing/site/instant-hasher.ts"
import { testSite } from "../../../src/testing/site/test-site.ts"
import type { TestUsers } from "../../../src/testing/site/test-users.ts"
import { directPages } from "./direct.ts"

/** What is different about carol's account. */
type Account = "unknown" | "known" | "inactive" | "unverified" | "without a password" | NamedByAddress

/** Unconfirmed accounts whose user name is the address. */
type NamedByAddress = "signed up before" | "prepared with a group" | "prepared without a password"

const namedByAddress: ReadonlyArray<string> = [
  "signed up before",
  "prepared with a group",
  "prepared without a password"
] satisfies ReadonlyArray<NamedByAddress>

const accounts: ReadonlyArray<Account> = [
  ...(["unknown", "known", "inactive", "unverified", "without a password"] as const),
  ...(["signed up before", "prepared with a group", "prepared without a password"] as const)
]

interface Sent {
  readonly path: string
  readonly form: Readonly<Record<string, string>>
  readonly options?: AccountPagesOptions
  /** The user who is logged in. */
  readonly as?: "alice"
  readonly accept?: string
}

/** Everything that a client sees, and the work that was done before it. */
const answerOf = async (account: Account, { accept = "text/html", as, form, options, path }: Sent) => {
  let hashes = 0
  const counting: Hasher = {
    ...instantHasher,
    encode: (...given) => {
      hashes += 1
      return instantHasher.encode(...given)
    },
    verify: (...given) => {
      hashes += 1
      return instantHasher.verify(...given)
    }
  }
  const isActive = account === "known" || account === "without a password"
  const carol = { password: "carol's password", email: "carol@example.com", isActive }
  const users: TestUsers = {
    alice: {},
    ...(account === "unknown" ? {} : { [namedByAddress.includes(account) ? carol.email : "carol"]: carol })
  }
  const site = testSite({ users, auth: { hashers: [counting] } })
  if (account === "inactive") site.stores.users.change("2", { lastLoginAt: site.clock.now() - 1000 })
  if (account === "prepared with a group") site.stores.users.setGroups("2", ["editors"])
  if (account.endsWith("without a password")) Effect.runSync(site.stores.users.setPassword("2", "!unusable"))
  const pages = directPages(site, options)
  const browser = as === undefined ? site.browser() : await site.browserOf(as)
  hashes = 0
  site.network.forget()
  const { work, ...seen } = await pages.send(browser, path, form, accept)
  return {
    status: seen.status,
    // Random values differ: session keys and CSRF tokens.
    seen: JSON.stringify(seen).replaceAll(/drawn[0-9A-Za-z]+/g, "random"),
    work: { calls: site.network.log.map(({ operation }) => operation), hashes, entries: work.length },
    mails: work.flatMap(({ mails }) => mails.map(({ name }) => name))
  }
}

const forms: Readonly<Record<string, Sent & { readonly mails?: Readonly<Partial<Record<Account, string>>> }>> = {
  login: { path: "/accounts/login", form: { username: "carol", password: "wrong" } },
  "login with JSON": {
    path: "/accounts/login",
    form: { username: "carol", password: "wrong" },
    accept: "application/json"
  },
  "login by an address": {
    path: "/accounts/login",
    form: { username: "carol@example.com", password: "wrong" },
    options: { usernameIsEmail: true }
  },
  "password reset": {
    path: "/accounts/password_reset",
    form: { email: "carol@example.com" },
    mails: { known: "passwordReset" }
  },
  "sign-up": {
    path: "/accounts/signup",
    form: { username: "dora", email: "carol@example.com", password1: "a horse", password2: "a horse" },
    mails: {
      unknown: "verifyEmail",
      known: "signUpTaken",
      inactive: "signUpTaken",
      unverified: "verifyEmail",
      "without a password": "signUpTaken",
      "signed up before": "verifyEmail",
      "prepared with a group": "verifyEmail",
      "prepared without a password": "verifyEmail"
    }
  },
  "sign-up by an address": {
    path: "/accounts/signup",
    form: { email: "Carol@Example.com", password1: "a horse", password2: "a horse" },
    options: { usernameIsEmail: true },
    mails: {
      unknown: "verifyEmail",
      known: "signUpTaken",
      inactive: "signUpTaken",
      unverified: "verifyEmail",
      "without a password": "signUpTaken",
      "signed up before": "signUpTaken",
      "prepared with a group": "signUpTaken",
      "prepared without a password": "signUpTaken"
    }
  },
  "change of the address": {
    path: "/accounts/email_change",
    form: { email: "carol@example.com", password: "alice's password" },
    as: "alice",
    mails: {
      unknown: "confirmEmail",
      known: "emailTaken",
      inactive: "emailTaken",
      unverified: "confirmEmail",
      "without a password": "emailTaken",
      "signed up before": "confirmEmail",
      "prepared with a group": "confirmEmail",
      "prepared without a password": "confirmEmail"
    }
  }
}

describe.each(Object.entries(forms))("%s", (_, sent) => {
  it("is answered and worked for in the same way, for every account", async () => {
    const answers = await Promise.all(accounts.map((account) => answerOf(account, sent)))
    for (const [each, { seen, work }] of answers.entries()) {
      expect(seen, accounts[each]).toEqual(answers[0]?.seen)
      expect(work, accounts[each]).toEqual(answers[0]?.work)
    }
    expect(answers[0]?.status).toBeLessThan(500)
    expect(Object.fromEntries(answers.map(({ mails: [mail] }, each) => [accounts[each], mail]))).toEqual(
      Object.fromEntries(accounts.map((account) => [account, sent.mails?.[account]]))
    )
  })
})

describe("a login with the right password", () => {
  it("is refused as a wrong one, for an account that may not log in", async () => {
    const form = { username: "carol", password: "carol's password" }
    const [inactive, unverified, unknown] = await Promise.all(
      (["inactive", "unverified", "unknown"] as const).map((account) =>
        answerOf(account, { path: "/accounts/login", form })
      )
    )
    expect([inactive, unverified]).toEqual([unknown, unknown])
    expect(unknown?.seen).toContain("Please enter a correct username and password.")
  })
})

describe("a link", () => {
  it.each([
    "reset",
    "verify",
    "email"
  ])("of an account that exists is refused as one of an unknown account: %s", async (kind) => {
    const uid = Buffer.from("2").toString("base64url")
    const sent = { path: `/accounts/${kind}/${uid}/dadda1-0123456789abcdef0123456789abcdef`, form: {} }
    const answers = await Promise.all(accounts.map((account) => answerOf(account, sent)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })
})
