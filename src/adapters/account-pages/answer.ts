/** Turns the outcome of a flow into a response: HTML, or JSON for clients that ask for it. */
import type { FormProblems } from "../../core/accounts/forms/account-form.ts"
import { isGood } from "../../core/accounts/forms/account-form.ts"
import {
  type AccountPage,
  type AccountPageName,
  type PageForm,
  type PageLinks,
  pageFields
} from "../../core/accounts/pages/account-page.ts"
import { stylesheetName } from "../../core/accounts/pages/account-path.ts"
import { asksForJson } from "../../core/http/accept.ts"
import { header } from "../../core/http/request-head.ts"
import { fullPath } from "../../core/http/request-url.ts"
import type { SessionFields } from "../request/session-access.ts"
import type { AccountPagesSettings } from "./account-options.ts"
import type { AccountResponse } from "./account-request.ts"
import { type Outcome, pagePath, type Show, type ShownForm, type Visit } from "./visit.ts"

/**
 * Headers of every account page. No cache stores it. A link in a mail is a secret, which other sites do not get in
 * `Referer`; with `no-referrer` browsers would send the form's own POST without an origin. No other site may show the
 * page in a frame.
 */
const pageHeaders = {
  "cache-control": "no-store",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

/**
 * | outcome                | HTML         | JSON                       |
 * | ---------------------- | ------------ | -------------------------- |
 * | a page                 | 200          | 200, the page as data      |
 * | a form with problems   | 200          | 400 `{ errors }`           |
 * | a page that refuses    | 200          | 400, the page as data      |
 * | a redirect             | 302          | 200 `{ redirect }`         |
 * | another method         | 405          | 405                        |
 */
export const answer = async <User extends object, Fields extends SessionFields>(
  visit: Visit<User, Fields>,
  outcome: Outcome
): Promise<AccountResponse> => {
  const isJson = asksForJson(visit.head)
  switch (outcome._tag) {
    case "GoTo": {
      const { location, work = [] } = outcome
      return isJson
        ? { ...json(200, { redirect: location }), work }
        : { status: 302, headers: { ...pageHeaders, location }, body: "", work }
    }
    case "NotAllowed":
      return notAllowed(outcome.allow, isJson)
    case "Show": {
      const { work = [] } = outcome
      const problems = outcome.form?.problems ?? {}
      if (isJson && !isGood(problems)) return { ...json(400, { errors: texts(visit, problems) }), work }
      const page = await pageOf(visit, outcome)
      if (isJson) return { ...json(outcome.isRefused === true ? 400 : 200, page), work }
      const { headers, html } = visit.settings.renderer.page(page, {
        acceptLanguage: header(visit.head, "accept-language"),
        stylesheet: `${visit.head.basePath ?? ""}${visit.settings.path}/${stylesheetName}`
      })
      const type = { "content-type": "text/html; charset=utf-8" }
      return { status: 200, headers: { ...pageHeaders, ...type, ...headers }, body: html, work }
    }
    default:
      return outcome satisfies never
  }
}

/** The style sheet of the pages. Unlike the pages, it may be stored: it is the same for all clients. */
export const stylesheetAnswer = ({ renderer }: AccountPagesSettings): AccountResponse => ({
  status: 200,
  headers: {
    "content-type": "text/css; charset=utf-8",
    "cache-control": "public, max-age=3600",
    "x-content-type-options": "nosniff"
  },
  body: renderer.stylesheet,
  work: []
})

/** An answer without a page. */
export const failed = (status: number, error: string, isJson: boolean): AccountResponse =>
  isJson
    ? json(status, { error })
    : {
        status,
        headers: { ...pageHeaders, "content-type": "text/plain; charset=utf-8" },
        body: error,
        work: []
      }

export const notAllowed = (allow: string, isJson: boolean): AccountResponse => {
  const answered = failed(405, "method not allowed", isJson)
  return { ...answered, headers: { ...answered.headers, allow } }
}

const json = (status: number, value: unknown): AccountResponse => ({
  status,
  headers: { ...pageHeaders, "content-type": "application/json" },
  body: JSON.stringify(value),
  work: []
})

/** The problems by field, each with its code and its text. */
const texts = <User extends object, Fields extends SessionFields>(
  { head, settings }: Visit<User, Fields>,
  problems: FormProblems
): Readonly<Record<string, ReadonlyArray<{ readonly code: string; readonly message: string }>>> =>
  Object.fromEntries(
    Object.entries(problems).map(([field, found]) => [
      field,
      found.map((problem) => ({
        code: problem.code,
        message: settings.renderer.problem(problem, field, header(head, "accept-language"))
      }))
    ])
  )

const pageOf = async <User extends object, Fields extends SessionFields>(
  visit: Visit<User, Fields>,
  { address, form, page, sessions }: Show
): Promise<AccountPage> => ({
  name: page,
  siteName: visit.settings.siteName ?? visit.context.host(),
  username: userPages.has(page) ? nameOf(await visit.context.getUser()) : undefined,
  form: form === undefined ? undefined : await formOf(visit, form),
  address,
  sessions: sessions ?? [],
  links: linksOf(visit)
})

/** Pages for users who are logged in. */
const userPages: ReadonlySet<AccountPageName> = new Set<AccountPageName>([
  "passwordChange",
  "passwordChangeDone",
  "noPassword",
  "emailChange",
  "emailChangeDone",
  "sessions",
  "reauthenticate",
  "deactivate",
  "delete"
])

/** The user name, or the address where that is the name. Applications choose the type of their users. */
const nameOf = (user: object | undefined): string | undefined => {
  const name: unknown = user === undefined ? undefined : (Reflect.get(user, "username") ?? Reflect.get(user, "email"))
  return typeof name === "string" ? name : undefined
}

const formOf = async <User extends object, Fields extends SessionFields>(
  { auth, context, head }: Visit<User, Fields>,
  { definition, next, problems = {}, sent }: ShownForm
): Promise<PageForm> => ({
  // The path of this request, without the host of a target in absolute form. The query may have a `next` that the form
  // already carries.
  action: fullPath(head).split("?", 1)[0] ?? "",
  csrfToken: await context.getCsrfToken(),
  next: next === undefined ? undefined : { name: auth.redirectFieldName, url: next },
  fields: pageFields(definition, sent, problems, auth.accounts.passwordRules),
  problems: problems.__all__ ?? []
})

/** LOGIN_URL, if it is the login page of these pages: guards redirect there. Both spellings of the path are served. */
const loginPath = (visit: LinkedFrom): string => {
  const path = pagePath(visit, "login")
  const { loginUrl } = visit.auth
  return [path, `${path}/`, path.replace(/\/$/, "")].includes(loginUrl) ? loginUrl : path
}

interface LinkedFrom {
  readonly auth: { readonly loginUrl: string; readonly recordsSessions: boolean }
  readonly head: Visit<object, SessionFields>["head"]
  readonly settings: AccountPagesSettings
}

const linksOf = (visit: LinkedFrom): PageLinks => {
  const { deactivation, deletion, mail, signUp } = visit.settings
  return {
    home: `${visit.head.basePath ?? ""}/`,
    login: loginPath(visit),
    logout: pagePath(visit, "logout"),
    passwordChange: pagePath(visit, "password_change"),
    ...(signUp ? { signUp: pagePath(visit, "signup") } : {}),
    ...(mail === undefined
      ? {}
      : { passwordReset: pagePath(visit, "password_reset"), emailChange: pagePath(visit, "email_change") }),
    ...(visit.auth.recordsSessions ? { sessions: pagePath(visit, "sessions") } : {}),
    ...(deactivation ? { deactivate: pagePath(visit, "deactivate") } : {}),
    ...(deletion ? { delete: pagePath(visit, "delete") } : {})
  }
}
