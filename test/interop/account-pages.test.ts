/**
 * The account pages and Django's own forms and views: the same problems, in the same order, with the same texts; links
 * and half-finished resets of each side go on at the other.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { type FetchAccountsOptions, fetchAccounts } from "../../src/adapters/http/fetch/fetch-accounts.ts"
import type { OutgoingMail } from "../../src/adapters/mail/mail-queue.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { DjangoUser } from "../../src/adapters/store/postgres.ts"
import { type PostgresStores, postgres } from "../../src/adapters/store/postgres.ts"
import { isEmailAddress } from "../../src/core/accounts/forms/email-address.ts"
import { english } from "../../src/core/accounts/texts/english.ts"
import { textsOf } from "../../src/core/accounts/texts/messages.ts"
import {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  rulesOf,
  userAttributeSimilarity
} from "../../src/core/password/validators.ts"
import { Browser } from "../../src/testing/browser/browser.ts"
import { testSite } from "../../src/testing/site/test-site.ts"
import { directPages } from "../adapters/account-pages/direct.ts"
import { type Django, django, djangoService } from "../rig/django.ts"
import { patient } from "../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const isAvailable = [service("postgres"), djangoService()].every(({ available }) => available)
const secretKey = "of both sites, Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe45"
const model = "django.contrib.auth.backends.ModelBackend"

/** For each form, the problems by field: code and text. */
const FORMS = `
from django.contrib.auth import forms
from django.contrib.auth.models import User
from django.test import override_settings
user = User(username="alice", email="alice@example.com")
user.set_password("alice's password")
make = {
    "password_change": lambda data: forms.PasswordChangeForm(user, data),
    "newPassword": lambda data: forms.SetPasswordForm(user, data),
    "password_reset": lambda data: forms.PasswordResetForm(data),
}
with override_settings(AUTH_PASSWORD_VALIDATORS=[
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]):
    answer = [make[form](data).errors.get_json_data() for form, data in given]
`

const RULES = `
from django.contrib.auth import password_validation as validation
answer = [str(text) for text in validation.password_validators_help_texts([
    validation.UserAttributeSimilarityValidator(), validation.MinimumLengthValidator(10),
    validation.CommonPasswordValidator(), validation.NumericPasswordValidator()])]
`

const ADDRESSES = `
from django.forms import EmailField, ValidationError
def accepts(text):
    try:
        EmailField().clean(text)
        return True
    except ValidationError:
        return False
answer = [accepts(text) for text in given]
`

const LINK = `
import sys, types
from django.conf import settings
from django.test import Client, override_settings
from django.urls import include, path
urls = types.ModuleType("account_urls")
urls.urlpatterns = [path("accounts/", include("django.contrib.auth.urls"))]
sys.modules["account_urls"] = urls
with override_settings(ROOT_URLCONF="account_urls", TEMPLATES=[]):
    client = Client(HTTP_HOST="localhost")
    if "session" in given:
        client.cookies["sessionid"] = given["session"]
    response = client.post(given["path"], given["form"]) if "form" in given else client.get(given["path"])
    session = client.cookies.get("sessionid")
    answer = [response.status_code, response.get("Location"), session and session.value]
`

/** Whether the user is active, the address, whether the password fits, has logged in; who may log in with it. */
const STORED = `
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
user = User.objects.filter(username=given).first()
who = authenticate(username=given, password="a horse")
answer = user and [user.is_active, user.email, user.check_password("a horse"), user.last_login is not None,
                   who and who.username]
`

const own = "alice's password"
const passwords = ["", " ", "12345678", "123", "long enough", "long\0enough", "another one", " long enough "]
const addresses = [
  ...["", "a", "a@b", "a@b.c", "a@b.co", " a@b.co ", "a@localhost", "a.b@c.de", ".a@c.de", "a.@c.de", "a..b@c.de"],
  ...['"a b"@c.de', '"a"b@c.de', "a@[127.0.0.1]", "a@[::1]", "a@[127.1]", "a@[1.2.3.256]", "a@-c.de", "a@c-.de"],
  ...["a@c.d-", "a@exämple.de", "ä@c.de", "a@c.de.", "a@@c.de", "a@c.de\n", "a\n@c.de", "a b@c.de", "a@c d.de"],
  ...["a@c.xn--p1ai", "a@c.1", "a@1.2.3.4", "!#$%&'*+/=?^_`{|}~-@c.de", "a@_c.de", `a@${"c".repeat(63)}.de`],
  ...[`a@${"c".repeat(64)}.de`, `${"a".repeat(64)}@c.de`, `${"a".repeat(400)}@c.de`, "a@c.de\0", "a@пример.рф"]
]

describe.skipIf(!isAvailable)("the account pages beside Django", () => {
  let server: PostgresServer
  let oracle: Django
  let pg: PostgresStores<DjangoUser>
  beforeAll(async () => {
    server = await startPostgres()
    oracle = django({ databaseUrl: server.url, secretKey })
    await oracle.migrate()
    pg = postgres({ ...patient, url: server.url })
  })
  afterAll(async () => {
    await pg?.close()
    await server?.stop()
  })

  it("find the same problems as Django's forms, in the same order", async () => {
    const cases: Array<readonly [form: string, data: Readonly<Record<string, string>>]> = []
    for (const first of passwords)
      for (const second of passwords) {
        const both = { new_password1: first, new_password2: second }
        cases.push(["newPassword", both])
        for (const old of ["", "wrong", own, `${own}\0`])
          cases.push(["password_change", { old_password: old, ...both }])
      }
    cases.push(["newPassword", {}], ["password_change", {}], ["password_reset", {}])
    for (const email of addresses) cases.push(["password_reset", { email }])
    const theirs = await oracle.manage(FORMS, cases)

    const site = testSite({ auth: { passwordValidators: [minimumLength(), notEntirelyNumeric()] } })
    const pages = directPages(site)
    const ours: Array<unknown> = []
    for (const [form, data] of cases) {
      site.reset()
      const browser = form === "password_change" ? await site.browserOf("alice") : site.browser()
      let path = `/accounts/${form}`
      if (form === "newPassword") {
        const link = await pages.linkBy(browser, "/accounts/password_reset", { email: "alice@example.com" })
        path = await pages.open(browser, link)
      }
      const { body } = await pages.send(browser, path, data, "application/json")
      ours.push(Object(JSON.parse(body)).errors ?? {})
    }
    expect(ours.length).toBeGreaterThan(300)
    for (const [each, found] of ours.entries())
      expect({ form: cases[each], found }).toEqual({ form: cases[each], found: Object(theirs)[each] })
  })

  it("name the same rules for passwords as Django", async () => {
    const validators = [
      userAttributeSimilarity(),
      minimumLength(10),
      commonPassword(["password"]),
      notEntirelyNumeric()
    ]
    for (const one of [minimumLength(1), ...validators]) {
      const { code = "", message, params = {} } = one.rule ?? {}
      expect(textsOf("en", english).rule({ code, message: "", params })).toBe(message)
    }
    expect(rulesOf(validators).map(({ message }) => message)).toEqual(await oracle.manage(RULES, null))
  })

  it("accept the same addresses as Django's form field", async () => {
    const stripped = addresses.filter((address) => address === address.trim() && address.length <= 320)
    const theirs = await oracle.manage(ADDRESSES, stripped)
    const ours = stripped.map((address) => isEmailAddress(address) && !address.includes("\0"))
    expect(Object.fromEntries(stripped.map((address, each) => [address, ours[each]]))).toEqual(
      Object.fromEntries(stripped.map((address, each) => [address, Object(theirs)[each]]))
    )
  })

  /** The account pages on the database of the Django site, and the texts of the mails that they send. */
  const accountSite = (options: FetchAccountsOptions) => {
    const mails: Array<string> = []
    const auth = createAuth({
      secretKey,
      djangoVersion: "4.2",
      timeZone: "America/Chicago", // that of the Django site
      sessions: pg.sessions,
      backends: { [model]: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    const mail = {
      send: async ({ mail: { text } }: OutgoingMail) => {
        mails.push(text)
        return true
      },
      drain: async () => {}
    }
    const accounts = fetchAccounts(auth, { ...options, mail })
    const handle = async (request: Request) => (await accounts(request)) ?? new Response(null, { status: 404 })
    return { auth, handle, mails }
  }

  it("make, change and end an account that Django reads", async () => {
    const { handle, mails } = accountSite({ signUp: true, deactivation: true, deletion: true })
    const browser = new Browser()
    const send = async (path: string, form: Readonly<Record<string, string>>) =>
      (await browser.fetch(handle, path, { form })).headers.get("location")
    const open = async (count: number): Promise<string> => {
      await expect.poll(() => mails.length).toBe(count)
      const link = new URL(/https?:\/\/\S+/.exec(mails.at(-1) ?? "")?.[0] ?? "").pathname
      return (await browser.fetch(handle, link)).headers.get("location") ?? ""
    }
    const stored = () => oracle.manage(STORED, "dora")

    const form = { username: "dora", email: "dora@example.com", password1: "a horse", password2: "a horse" }
    expect(await send("/accounts/signup", form)).toBe("/accounts/signup/done")
    expect(await stored()).toBe(null)
    expect(await send(await open(1), { password: "a horse" })).toBe("/")
    expect(await stored()).toEqual([true, "dora@example.com", true, true, "dora"])
    const changed = { email: "dora@new.example", password: "a horse" }
    expect(await send("/accounts/email_change", changed)).toBe("/accounts/email_change/done")
    expect(await send(await open(2), {})).toBe("/accounts/email/done")
    expect(await stored()).toEqual([true, "dora@new.example", true, true, "dora"])
    await browser.fetch(handle, "/accounts/deactivate", { form: { password: "a horse" } })
    expect(await stored()).toEqual([false, "dora@new.example", true, true, null])
    await oracle.manage(`from django.contrib.auth.models import User
User.objects.filter(username="dora").update(is_active=True)`)
    expect(await send("/accounts/login", { username: "dora", password: "a horse" })).toBe("/")
    await browser.fetch(handle, "/accounts/delete", { form: { password: "a horse" } })
    expect(await stored()).toBe(null)
  })

  describe("a reset", () => {
    const set = { new_password1: "the new one", new_password2: "the new one" }
    const setUp = async (username: string) => {
      const { auth, handle, mails } = accountSite({ trailingSlash: true })
      await auth.createUser({ username, email: `${username}@example.com`, password: "forgotten" })
      const browser = new Browser()
      const link = async (): Promise<string> => {
        await browser.fetch(handle, "/accounts/password_reset/", { form: { email: `${username}@example.com` } })
        await expect.poll(() => mails.length).toBe(1)
        return new URL(/https?:\/\/\S+/.exec(mails[0] ?? "")?.[0] ?? "").pathname
      }
      const logsIn = async (password: string): Promise<boolean> => {
        const form = { username, password }
        return (await new Browser().fetch(handle, "/accounts/login/", { form })).status === 302
      }
      return { browser, handle, link, logsIn }
    }

    it("whose link this site mailed, is opened and finished by Django", async () => {
      const { link, logsIn } = await setUp("ada")
      const path = await link()
      const page = path.replace(/[^/]+\/$/, "set-password/")
      const [status, location, session] = Object(await oracle.manage(LINK, { path }))
      expect([status, location]).toEqual([302, page])
      expect(await oracle.manage(LINK, { path: page, form: set, session })).toEqual([
        302,
        "/accounts/reset/done/",
        session
      ])
      expect(await logsIn("the new one")).toBe(true)
    })

    it("that Django opened is finished here, in the same session", async () => {
      const { browser, handle, link, logsIn } = await setUp("bea")
      const path = await link()
      const [, page, session] = Object(await oracle.manage(LINK, { path }))
      browser.store([`sessionid=${session}; Path=/`])
      expect((await browser.fetch(handle, page)).status).toBe(200)
      const done = await browser.fetch(handle, page, { form: set })
      expect([done.status, done.headers.get("location")]).toEqual([302, "/accounts/reset/done/"])
      expect(await logsIn("the new one")).toBe(true)
    })

    it("that was opened here is finished by Django, in the same session", async () => {
      const { browser, handle, link, logsIn } = await setUp("cid")
      const opened = await browser.fetch(handle, await link())
      const path = opened.headers.get("location")
      const session = browser.cookie("sessionid")
      const [status, location] = Object(await oracle.manage(LINK, { path, form: set, session }))
      expect([status, location]).toEqual([302, "/accounts/reset/done/"])
      expect(await logsIn("the new one")).toBe(true)
    })
  })
})
