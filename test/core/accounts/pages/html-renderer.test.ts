import { describe, expect, it } from "vitest"
import { loginForm, usernameTaken } from "../../../../src/core/accounts/forms/account-form.ts"
import { htmlRenderer, type RenderOptions } from "../../../../src/core/accounts/html/html-renderer.ts"
import { renderProblems } from "../../../../src/core/accounts/html/render-problems.ts"
import { type AccountPage, type AccountPageName, pageFields } from "../../../../src/core/accounts/pages/account-page.ts"
import { english } from "../../../../src/core/accounts/texts/english.ts"
import { allMailNames, allPageNames, sampleMail, samplePage } from "./sample-pages.ts"

const rendered = (page: AccountPage, options: RenderOptions = {}, acceptLanguage?: string): string =>
  htmlRenderer(options).page(page, { acceptLanguage, stylesheet: "/accounts/style.css" }).html

const plain = (name: AccountPageName, hasProblems = false): AccountPage => samplePage(name, "shop", hasProblems)

describe("a page", () => {
  it.each(allPageNames)("%s: has a language, one heading, a title with the site, and the style sheet", (name) => {
    const html = rendered(plain(name))
    expect(html).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/)
    expect(html.match(/<h1>/g)).toHaveLength(1)
    expect(html).toMatch(/<title>[^<]+ \| shop<\/title>/)
    expect(html).toContain('<link rel="stylesheet" href="/accounts/style.css">')
    expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
    expect(html).not.toContain('role="alert"')
  })

  it("says in the title, and first in the content, that something is wrong", () => {
    const html = rendered(plain("login", true))
    expect(html).toContain("<title>Error: Log in | shop</title>")
    expect(html).toMatch(/<h1>Log in<\/h1>\n<div class="problems" role="alert" [^>]*tabindex="-1" autofocus>/)
    expect(html).toContain("Please correct the errors below.")
    expect(html).toContain('<a href="#id_username">Username: This field is required.</a>')
    expect(html).toMatch(
      /<input type="text" id="id_username" [^>]* aria-invalid="true" aria-describedby="id_username_problem_1 id_username_problem_2">/
    )
    expect(html).toContain('id="id_username_problem_1"')
  })

  it("speaks of one error where there is one", () => {
    const definition = loginForm(false, false)
    const page = plain("login")
    const problems = { username: [usernameTaken] }
    const form = page.form && { ...page.form, fields: pageFields(definition, undefined, problems, []) }
    expect(rendered({ ...page, form })).toContain("Please correct the error below.")
  })

  it("gives every field its label, and what a password manager needs", () => {
    const fields = (name: AccountPageName) =>
      [...rendered(plain(name)).matchAll(/<input type="(\w+)" id="id_(\w+)" [^>]*?autocomplete="([^"]*)"/g)].map(
        ([, type, id, autocomplete]) => [id, type, autocomplete]
      )
    expect(fields("login")).toEqual([
      ["username", "text", "username"],
      ["password", "password", "current-password"]
    ])
    expect(fields("signUp")).toEqual([
      ["username", "text", "username"],
      ["email", "email", "email"],
      ["password1", "password", "new-password"],
      ["password2", "password", "new-password"]
    ])
    expect(fields("passwordChange").map(([, , autocomplete]) => autocomplete)).toEqual([
      "current-password",
      "new-password",
      "new-password"
    ])
    for (const name of allPageNames) {
      const html = rendered(plain(name))
      const ids = [...html.matchAll(/<input type="(?!hidden)\w+" id="(\w+)"/g)].map(([, id]) => id)
      expect([...html.matchAll(/<label for="(\w+)"/g)].map(([, id]) => id)).toEqual(ids)
    }
  })

  it("asks for nothing but names, addresses and passwords", () => {
    const names = allPageNames.flatMap((name) =>
      Array.from(
        rendered(plain(name)).matchAll(/<(?:input|select|textarea)[^>]* name="([^"]+)"/g),
        ([, field]) => field
      )
    )
    const passwords = ["password", "password1", "password2", "old_password", "new_password1", "new_password2"]
    const hidden = ["csrfmiddlewaretoken", "next", "session"]
    expect(new Set(names)).toEqual(new Set(["username", "email", "remember", ...passwords, ...hidden]))
  })

  it("says beside the first field for a new password what a password needs", () => {
    for (const name of ["signUp", "passwordChange", "passwordResetConfirm"] as const) {
      const html = rendered(plain(name))
      const first = name === "signUp" ? "password1" : "new_password1"
      expect(html).toContain(
        `<ul class="rules" id="id_${first}_rules">\n<li>Your password must contain at least 8 characters.</li>`
      )
      expect(html).toMatch(new RegExp(`id="id_${first}" [^>]* required aria-describedby="id_${first}_rules">`))
      expect(html.match(/class="rules"/g)).toHaveLength(1)
    }
    expect(rendered(plain("passwordChange", true))).toMatch(
      /id="id_new_password1" [^>]* aria-describedby="id_new_password1_rules id_new_password1_problem_1 /
    )
    for (const name of ["login", "delete", "emailChange"] as const) expect(rendered(plain(name))).not.toContain("rules")
  })

  it("calls a user name that is an e-mail address so", () => {
    const page = plain("login")
    const form = page.form && { ...page.form, fields: pageFields(loginForm(false, true), undefined, {}, []) }
    expect(rendered({ ...page, form })).toContain('<label for="id_username">Email address</label>')
  })

  it("never shows a password", () => {
    for (const name of allPageNames)
      expect(rendered(plain(name, true))).not.toMatch(/<input type="password"[^>]* value="[^"]/)
  })

  it("links only to pages that the site has", () => {
    const page = { ...plain("login"), links: { passwordReset: "/accounts/password_reset" } }
    const html = rendered(page)
    expect(html).toContain('<a href="/accounts/password_reset">Forgotten your password?</a>')
    expect(html).not.toContain("Sign up")
    expect(rendered({ ...page, links: {} })).not.toContain("<nav")
  })

  it("lists sessions: no button at the present one, the browser in the name of each other button", () => {
    const html = rendered(plain("sessions"))
    expect(html).toContain("<h2>This browser</h2>")
    expect(html.match(/name="session" value="shop"/g)).toHaveLength(2)
    expect(html).toContain('aria-label="End session: shop"')
    expect(html).toContain('aria-label="End session: Unknown browser"')
    expect(html).toContain('name="session" value=""')
    expect(html).toContain('<time datetime="1970-01-01T00:01:00.000Z">Jan 1, 1970, 12:01 AM UTC</time>')
    const alone = { ...plain("sessions"), sessions: plain("sessions").sessions.slice(0, 1) }
    expect(rendered(alone)).not.toContain('name="session"')
    expect(rendered(alone)).toContain("No other browser is logged in.")
  })

  it("shows times in the language and the time zone of the site", () => {
    expect(rendered(plain("sessions"), { timeZone: "Europe/Berlin", language: "de" })).toContain(
      '<time datetime="1970-01-01T00:01:00.000Z">1. Jan. 1970, 01:01 MEZ</time>'
    )
  })

  it("loads nothing but its style sheet, and says so in a policy", () => {
    const { headers } = htmlRenderer().page(plain("login"), { acceptLanguage: "de", stylesheet: "/s.css" })
    expect(headers).toEqual({
      "content-language": "de",
      "content-security-policy":
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    })
  })
})

describe("the language", () => {
  it("is the one that Accept-Language prefers", () => {
    expect(rendered(plain("login"), {}, "de-CH,en;q=0.5")).toMatch(/<html lang="de"[\s\S]*<h1>Anmelden<\/h1>/)
    expect(rendered(plain("login"), {}, "fr")).toContain('<html lang="en"')
  })

  it("is that of the option, not the one that the client prefers", () => {
    expect(rendered(plain("login"), { language: "de" }, "en")).toContain("<h1>Anmelden</h1>")
  })

  it("may be one that the application adds", () => {
    const messages = { fr: { "login.title": "Connexion" }, en: { "login.title": "Welcome" } }
    expect(rendered(plain("login"), { messages }, "fr")).toContain("<h1>Connexion</h1>")
    expect(rendered(plain("login"), { messages }, "en")).toContain("<h1>Welcome</h1>")
  })
})

/** Every text replaced. */
const ownTexts = Object.fromEntries(Object.keys(english).map((key) => [key, key === "direction" ? "ltr" : "§"]))

describe("an application", () => {
  it("replaces one page", () => {
    const options: RenderOptions = {
      pages: {
        login: ({ name }, { language, stylesheet, texts }) =>
          `${name} ${language} ${stylesheet} ${texts.text("login.title")}`
      }
    }
    expect(rendered(plain("login"), options)).toBe("login en /accounts/style.css Log in")
    expect(rendered(plain("signUp"), options)).toContain("<h1>Sign up</h1>")
  })

  it.each(allPageNames)("replaces the page %s, and each text of it", (name) => {
    expect(rendered(plain(name), { pages: { [name]: () => "own" } })).toBe("own")
    for (const hasProblems of [false, true]) {
      const html = rendered(samplePage(name, "#", hasProblems), { messages: { en: ownTexts } })
      const shown = [
        ...html.replaceAll(/<time[^>]*>[^<]*<\/time>/g, "").matchAll(/>([^<]+)</g),
        ...html.matchAll(/ (?:aria-label|title|alt|placeholder)="([^"]+)"/g)
      ]
      for (const [, text = ""] of shown) expect(text.trim()).toMatch(/^[§#\s]*$/)
    }
  })

  it.each(allMailNames)("replaces the mail %s, and each text of it", (name) => {
    const own = { subject: "own", text: "own" }
    expect(htmlRenderer({ mails: { [name]: () => own } }).mail(sampleMail(name))).toEqual(own)
    const { subject, text } = htmlRenderer({ messages: { en: ownTexts } }).mail(sampleMail(name))
    expect(`${subject} ${text.replaceAll(/https:\S+/g, "")}`).toMatch(/^[§\s]*$/)
  })

  it("puts all pages into its own document", () => {
    const html = rendered(plain("login"), { layout: (_, { main, title }) => ({ html: `[${title}]${main}` }) })
    expect(html).toMatch(/^\[Log in \| shop\]<h1>Log in<\/h1>\n<form method="post"/)
  })

  it("adds rules to the style sheet", () => {
    expect(htmlRenderer({ css: ":root { --accent: red }" }).stylesheet).toMatch(/:root \{ --accent: red \}$/)
  })

  it("replaces a mail", () => {
    const { mail } = htmlRenderer({
      mails: { passwordReset: ({ link }, { subject }) => ({ subject, text: `Link: ${link}` }) }
    })
    expect(mail(sampleMail("passwordReset"))).toEqual({
      subject: "Password reset on shop.example",
      text: "Link: https://shop.example/accounts/reset/MTc/token"
    })
  })

  it.each([
    [{ language: "fr" }, "language: write one of en, de, or add texts for it to messages"],
    [{ timeZone: "Berlin" }, 'timeZone: write a name of the IANA database, as in "Europe/Berlin"'],
    [{ messages: { "not a tag": {} } }, 'messages.not a tag: write a language tag, as in "fr" or "pt-BR"'],
    [{ messages: { en: { "login.titel": "x" } } }, "messages.en: login.titel: there is no such text"],
    [{ messages: { en: { "login.title": 5 } } }, "messages.en: login.title: write a text"],
    [
      { messages: { en: { "login.title": "{site}" } } },
      "messages.en: login.title: there is no {site}; it has no values"
    ],
    [
      { messages: { de: { "signUpDone.textFor": "{adresse}" } } },
      "messages.de: signUpDone.textFor: there is no {adresse}; its values are {address}"
    ],
    [{ messages: { de: "x" } }, "messages.de: write an object of texts"],
    [{ pages: { logIn: () => "" } }, `pages.logIn: there is none; the names are ${allPageNames.join(", ")}`],
    [{ pages: { login: "x" } }, "pages.login: write a function"],
    [{ mails: { reset: () => "" } }, `mails.reset: there is none; the names are ${allMailNames.join(", ")}`]
  ])("learns what is wrong with %j", (options, problem) => {
    // @ts-expect-error: what a caller without types might pass
    expect(renderProblems(options)).toEqual([problem])
  })

  it("may name problems of its own validators", () => {
    expect(renderProblems({ messages: { de: { "problem.no_spaces": "Keine {spaces}." } } })).toEqual([])
  })
})

describe("a mail", () => {
  const { mail } = htmlRenderer()

  it("resets a password with Django's text", () => {
    expect(mail(sampleMail("passwordReset"))).toEqual({
      subject: "Password reset on shop.example",
      text: `You're receiving this email because you requested a password reset for your user account at shop.example.

Please go to the following page and choose a new password:

https://shop.example/accounts/reset/MTc/token

Your username, in case you’ve forgotten: alice

Thanks for using our site!

The shop.example team
`
    })
  })

  it.each(allMailNames)("%s: has one line as its subject, and no gap, in every language", (name) => {
    for (const acceptLanguage of ["en", "de"]) {
      const { subject, text } = mail(sampleMail(name, { acceptLanguage, siteName: "shop\r\nBcc: a@b.example" }))
      expect(subject).not.toMatch(/[\r\n{}]/)
      expect(text).not.toMatch(/[{}]|undefined/)
      const hasLink = !["emailTaken", "emailChanged"].includes(name)
      expect(text.includes("https://shop.example/accounts/reset/MTc/token")).toBe(hasLink)
    }
  })

  it.each(["verifyEmail", "confirmEmail"] as const)("%s: has no text that a stranger chose for the reader", (name) => {
    const { subject, text } = mail(
      sampleMail(name, { username: "visit-evil.example", newAddress: "evil@evil.example" })
    )
    expect(subject + text).not.toContain("evil")
  })

  it("tells the old address what the new one is", () => {
    expect(mail(sampleMail("emailChanged")).text).toContain("was changed to alice@new.example.")
  })
})
