/** A whole account page as HTML, from the page as data. It needs no script. */
import type { AccountPage, AccountPageName, PageLinks } from "../pages/account-page.ts"
import type { PlainMessageKey, Texts } from "../texts/messages.ts"
import { formHtml, hasProblems, hiddenFields, problemsHtml } from "./form-html.ts"
import { type Html, html } from "./html.ts"
import { sessionsHtml } from "./sessions-html.ts"

/** The parts of a page, for an application that puts them into its own document. */
export interface PageParts {
  /** The title for `<title>`. It begins with a warning if the form has problems. */
  readonly title: string
  /** The heading and the content, without `<main>` around. */
  readonly main: Html
}

/** @param timeZone the time zone of shown times, as in the IANA database */
export const pageParts = (page: AccountPage, texts: Texts, timeZone: string): PageParts => {
  const name = texts.text(`${page.name}.title`)
  return {
    title: texts.text(hasProblems(page) ? "document.titleWithProblems" : "document.title", {
      page: name,
      site: page.siteName
    }),
    main: html`<h1>${name}</h1>
${page.form !== undefined && problemsHtml(page.form, texts)}${textsHtml(page, texts)}${contentHtml(page, texts, timeZone)}${linksHtml(page, texts)}`
  }
}

/** The document of a page. */
export const documentHtml = (page: AccountPage, { main, title }: PageParts, texts: Texts, stylesheet: string): Html =>
  html`<!doctype html>
<html lang="${texts.language}" dir="${texts.text("direction")}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${stylesheet}">
</head>
<body>
<header><p>${
    page.links.home === undefined ? page.siteName : html`<a href="${page.links.home}">${page.siteName}</a>`
  }</p></header>
<main>
${main}</main>
</body>
</html>
`

const textsHtml = ({ address, detail, name }: AccountPage, texts: Texts): ReadonlyArray<Html> => {
  const { hint, text, textFor } = paragraphs[name]
  return [
    textFor !== undefined && address !== undefined ? texts.text(textFor, { address }) : text && texts.text(text),
    hint && texts.text(hint),
    detail
  ].flatMap((paragraph) =>
    paragraph === undefined
      ? []
      : [
          html`<p>${paragraph}</p>
`
        ]
  )
}

const contentHtml = (page: AccountPage, texts: Texts, timeZone: string): Html => {
  if (page.name === "sessions") return sessionsHtml(page, texts, timeZone)
  const { button } = paragraphs[page.name]
  return page.form === undefined || button === undefined ? html`` : formHtml(page.form, texts, texts.text(button))
}

/** The texts of a page, and where it leads. */
interface Paragraphs {
  readonly text?: PlainMessageKey
  /** Instead of `text` if the page is about an address. */
  readonly textFor?: `${"signUpDone" | "emailChangeDone" | "emailConfirm"}.textFor`
  readonly hint?: PlainMessageKey
  readonly button?: PlainMessageKey
  readonly links: ReadonlyArray<Link>
}

type Link = readonly [page: Exclude<keyof PageLinks, "home" | "logout">, text: PlainMessageKey]

const login: Link = ["login", "link.login"]
const signUp: Link = ["signUp", "link.signUp"]
const passwordReset: Link = ["passwordReset", "link.passwordReset"]
const account: ReadonlyArray<Link> = [
  ["sessions", "link.sessions"],
  ["passwordChange", "link.passwordChange"],
  ["emailChange", "link.emailChange"],
  ["deactivate", "link.deactivate"],
  ["delete", "link.delete"]
]
const accountBut = (page: keyof PageLinks): ReadonlyArray<Link> => account.filter(([name]) => name !== page)

const paragraphs: Readonly<Record<AccountPageName, Paragraphs>> = {
  login: { button: "login.button", links: [passwordReset, signUp] },
  loggedOut: { text: "loggedOut.text", links: [["login", "link.loginAgain"]] },
  signUp: { button: "signUp.button", links: [login] },
  signUpDone: { text: "signUpDone.text", textFor: "signUpDone.textFor", hint: "signUpDone.hint", links: [login] },
  verify: { text: "verify.text", button: "verify.button", links: [passwordReset] },
  verifyInvalid: { text: "verifyInvalid.text", links: [login, signUp] },
  passwordChange: { text: "passwordChange.text", button: "passwordChange.button", links: accountBut("passwordChange") },
  passwordChangeDone: { text: "passwordChangeDone.text", links: account },
  noPassword: { text: "noPassword.text", links: [["sessions", "link.sessions"]] },
  passwordReset: { text: "passwordReset.text", button: "passwordReset.button", links: [login] },
  passwordResetDone: { text: "passwordResetDone.text", hint: "passwordResetDone.hint", links: [login] },
  passwordResetConfirm: { text: "passwordResetConfirm.text", button: "passwordResetConfirm.button", links: [] },
  passwordResetInvalid: { text: "passwordResetInvalid.text", links: [["passwordReset", "link.passwordResetAgain"]] },
  passwordResetComplete: { text: "passwordResetComplete.text", links: [login] },
  emailChange: { text: "emailChange.text", button: "emailChange.button", links: accountBut("emailChange") },
  emailChangeDone: {
    text: "emailChangeDone.text",
    textFor: "emailChangeDone.textFor",
    hint: "emailChangeDone.hint",
    links: account
  },
  emailConfirm: {
    text: "emailConfirm.text",
    textFor: "emailConfirm.textFor",
    button: "emailConfirm.button",
    links: []
  },
  emailConfirmInvalid: { text: "emailConfirmInvalid.text", links: [["emailChange", "link.emailChange"]] },
  emailConfirmComplete: { text: "emailConfirmComplete.text", links: account },
  sessions: { text: "sessions.text", links: accountBut("sessions") },
  reauthenticate: { text: "reauthenticate.text", button: "reauthenticate.button", links: [] },
  deactivate: { text: "deactivate.text", button: "deactivate.button", links: accountBut("deactivate") },
  deactivated: { text: "deactivated.text", links: [] },
  delete: { text: "delete.text", button: "delete.button", links: accountBut("delete") },
  deleted: { text: "deleted.text", links: [] },
  formOutOfDate: { text: "formOutOfDate.text", hint: "formOutOfDate.hint", links: [["again", "link.again"]] },
  notFound: { text: "notFound.text", links: [] },
  refused: { text: "refused.text", links: [] },
  unavailable: { text: "unavailable.text", links: [] },
  failed: { text: "failed.text", links: [] }
}

/** The names of all pages. */
export const pageNames: ReadonlyArray<string> = Object.keys(paragraphs)

/** Pages that only a logged-in user sees: with a button to log out, if they have a form whose token it can use. */
const isOfUser = (name: AccountPageName): boolean =>
  ["passwordChange", "emailChange", "sessions", "reauthenticate", "deactivate", "delete"].includes(name)

const linksHtml = ({ form, links, name, username }: AccountPage, texts: Texts): Html => {
  const items = paragraphs[name].links.flatMap(([page, text]) => {
    const path = links[page]
    return path === undefined
      ? []
      : [
          html`<li><a href="${path}">${texts.text(text)}</a></li>
`
        ]
  })
  const logout =
    form !== undefined && links.logout !== undefined && isOfUser(name)
      ? html`<form method="post" action="${links.logout}">
${hiddenFields({ csrfToken: form.csrfToken, next: undefined })}<p><button class="secondary">${texts.text("link.logout")}</button></p>
</form>
`
      : undefined
  const user =
    isOfUser(name) &&
    username !== undefined &&
    html`<p>${texts.text("document.loggedInAs", { username })}</p>
`
  if (items.length === 0 && logout === undefined && user === false) return html``
  return html`<nav aria-label="${texts.text("document.account")}">
${user}${
  items.length > 0 &&
  html`<ul>
${items}</ul>
`
}${logout}</nav>
`
}
