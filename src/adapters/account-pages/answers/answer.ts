/** Turns the outcome of a flow into a response: HTML, or JSON for clients that ask for it. */
import type { FormProblems } from "../../../core/accounts/forms/account-form.ts"
import { isGood } from "../../../core/accounts/forms/account-form.ts"
import {
  type AccountPage,
  type AccountPageName,
  type PageForm,
  pageFields
} from "../../../core/accounts/pages/account-page.ts"
import { asksForJson } from "../../../core/http/request/accept.ts"
import { header } from "../../../core/http/request/request-head.ts"
import { fullPath } from "../../../core/http/request/request-url.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import type { AccountPagesSettings } from "../visit/account-options.ts"
import type { AccountResponse } from "../visit/account-request.ts"
import type { Outcome, Show, ShownForm, Visit } from "../visit/visit.ts"
import { linksOf, pageHeaders, stylesheetPath } from "./page-parts.ts"
import { type Refusal, refusal, refusalPage } from "./refusal.ts"

/**
 * | outcome                | HTML         | JSON                       |
 * | ---------------------- | ------------ | -------------------------- |
 * | a page                 | 200          | 200, the page as data      |
 * | a form with problems   | 200          | 400 `{ errors }`           |
 * | a page that refuses    | 200          | 400, the page as data      |
 * | a redirect             | 302          | 200 `{ redirect }`         |
 * | another method         | 405, a page  | 405 `{ error }`            |
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
      return { ...refusalPage(visit, notAllowed(outcome.allow)), work: [] }
    case "Show": {
      const { work = [] } = outcome
      const problems = outcome.form?.problems ?? {}
      if (isJson && !isGood(problems)) return { ...json(400, { errors: texts(visit, problems) }), work }
      const page = await pageOf(visit, outcome)
      if (isJson) return { ...json(outcome.isRefused === true ? 400 : 200, page), work }
      const { headers, html } = visit.settings.renderer.page(page, {
        acceptLanguage: header(visit.head, "accept-language"),
        stylesheet: stylesheetPath(visit)
      })
      const type = { "content-type": "text/html; charset=utf-8" }
      return { status: 200, headers: { ...pageHeaders, ...type, ...headers }, body: html, work }
    }
    default:
      return outcome satisfies never
  }
}

/** Another method than the page takes. */
export const notAllowed = (allow: string): Refusal => refusal(405, "method not allowed", { allow })

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
  detail: undefined,
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
  action: actionOf(auth.redirectFieldName, fullPath(head), next),
  csrfToken: await context.getCsrfToken(),
  next: next === undefined ? undefined : { name: auth.redirectFieldName, url: next },
  fields: pageFields(definition, sent, problems, auth.accounts.passwordRules),
  problems: problems.__all__ ?? []
})

/**
 * The path of this request, without the host of a target in absolute form. Of the query only a safe `next` stays. The
 * form has it as a field too, but a refused form is not read, and the page that says so links to this URL.
 */
const actionOf = (field: string, path: string, next: string | undefined): string => {
  const [action = ""] = path.split("?", 1)
  return next === undefined ? action : `${action}?${new URLSearchParams({ [field]: next })}`
}
