/** Server Actions for the forms of the account pages, for applications that show the forms themselves. */
import type { AccountFormName, AccountLinkFormName, FormView } from "../../../../core/accounts/forms/form-view.ts"
import type { AccountPageName } from "../../../../core/accounts/pages/account-page.ts"
import { type PlainRoute, pathOf, tokenInSession } from "../../../../core/accounts/pages/account-path.ts"
import { header, type RequestHead } from "../../../../core/http/request/request-head.ts"
import { type AccountPages, linkRoutes, refusalPageNamed } from "../../../account-pages/account-pages.ts"
import { defaultPath } from "../../../account-pages/visit/account-options.ts"
import type { AuthContext } from "../../../api/per-request/promises.ts"
import { BadRequest } from "../../../errors/errors.ts"
import { formValue, isForm } from "../../../request/form/form.ts"
import type { SessionFields } from "../../../request/session/session-access.ts"
import { accountMount, carryOut } from "../../account-mount.ts"
import type { AuthSource } from "../framework/auth-source.ts"
import { basePath } from "../framework/base-path.ts"
import { callingPage } from "../framework/calling-page.ts"
import { headOf } from "../framework/next-head.ts"
import { type NextFunctions, serverAction } from "../handlers/server-action.ts"
import type { NextAccountsOptions } from "./account-routes.ts"
import { acceptLanguage } from "./account-views.ts"
import { pagesOf } from "./pages-of.ts"

/** What an action answers: the state of the form, for React's `useActionState`. */
export interface AccountFormState {
  /** The problems by field; those of the whole form are under `__all__`. */
  readonly errors: Readonly<Record<string, ReadonlyArray<AccountFormError>>>
  /** What to show in the fields again. Never a password. */
  readonly values: Readonly<Record<string, string>>
  /** The page to show now, if the action is done and does not redirect: `deactivated`, for example. */
  readonly done?: AccountPageName
}

/** One problem of a form. */
export interface AccountFormError {
  /** A short name, such as `required` or `password_too_short`. */
  readonly code: string
  /** A sentence in the language of the client. */
  readonly message: string
}

/** A Server Action for one form: `useActionState(action, noErrors)`. */
export type AccountAction = (state: AccountFormState, form: FormData) => Promise<AccountFormState>

/** What an action can carry out: a form, the form of a link in a mail, or the end of other sessions. */
export type AccountActionName = AccountFormName | AccountLinkFormName | "sessions"

const routes: Readonly<Record<Exclude<AccountActionName, AccountLinkFormName>, PlainRoute>> = {
  login: "login",
  logout: "logout",
  sessions: "sessions",
  signUp: "signup",
  passwordChange: "password_change",
  passwordReset: "password_reset",
  emailChange: "email_change",
  reauthenticate: "reauthenticate",
  deactivate: "deactivate",
  delete: "delete"
}

/** The functions of Next that the action of a form needs. */
export interface FormFunctions extends NextFunctions {
  /** Tells Next's router that the data of its pages has changed. */
  readonly refresh: () => void
  readonly after: (then: () => Promise<void>) => void
}

/** Makes `accountAction` and `accountForm` with the functions of Next. */
export const accountActions = (next: FormFunctions) => ({
  accountAction: <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>,
    name: AccountActionName,
    options: NextAccountsOptions = {}
  ): AccountAction => {
    const { http, pages } = accountMount(options)
    const own = pagesOf(auth, pages)
    const at = (...parts: ReadonlyArray<string>): string =>
      pathOf(options.path ?? defaultPath, options.trailingSlash ?? false, ...parts)
    const carriedOut = async (
      context: AuthContext<User, Fields>,
      _state: AccountFormState,
      form: FormData
    ): Promise<AccountFormState> => {
      if (!isForm(form)) throw new BadRequest({ reason: "an account action takes a form" })
      const made = own()
      const [headers, cookies] = await Promise.all([next.headers(), next.cookies()])
      const head = asJson(headOf({ headers, cookies }, "POST", at(...partsOf(name, form))))
      const response = await made.respond({ head, context, form: async () => ({ _tag: "Form", fields: form }) })
      if (response.work.length > 0) next.after(() => carryOut(made, response, http))
      return stateOf(made, { name, form, context, head, next, response })
    }
    const accountPage = isOfLink(name) ? "/" : at(routes[name])
    return async (state, form) => {
      // A visitor who has to log in first comes back to the page with the form.
      const page = callingPage(await next.headers()) ?? accountPage
      return serverAction(next)(auth, carriedOut, { page })(state, form)
    }
  },

  accountForm: async <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>,
    name: AccountFormName,
    options: NextAccountsOptions = {}
  ): Promise<FormView> => {
    const { pages } = accountMount(options)
    return pagesOf(auth, pages)().formView(name, await acceptLanguage(next.headers))
  }
})

const isOfLink = (name: AccountActionName): name is AccountLinkFormName => Object.hasOwn(linkRoutes, name)

/** The parts of the path of the account page. That of a link has the first part of the link. */
const partsOf = (name: AccountActionName, form: FormData): ReadonlyArray<string> => {
  if (!isOfLink(name)) return [routes[name]]
  const uid = formValue(form, "uid")
  if (typeof uid !== "string" || !/^[0-9A-Za-z_-]+$/.test(uid))
    throw new BadRequest({ reason: `the form ${name} has no field uid: get the form from accountLinkForm` })
  return [linkRoutes[name], uid, tokenInSession]
}

/** The head of a request that asks for JSON. */
const asJson = (head: RequestHead): RequestHead => ({
  ...head,
  headers: [
    ...head.headers.filter(([name]) => !["accept", "content-type"].includes(name.toLowerCase())),
    ["accept", "application/json"]
  ]
})

interface Answered<User extends object, Fields extends SessionFields> {
  readonly name: AccountActionName
  readonly head: RequestHead
  readonly form: FormData
  readonly context: AuthContext<User, Fields>
  readonly next: FormFunctions
  readonly response: { readonly status: number; readonly body: string }
}

/** @throws what Next's `redirect()` throws, if the page redirects */
const stateOf = <User extends object, Fields extends SessionFields>(
  pages: AccountPages<User, Fields>,
  { context, form, head, name, next, response }: Answered<User, Fields>
): AccountFormState => {
  const body: unknown = JSON.parse(response.body)
  const values = name === "sessions" ? {} : pages.shownAgain(name, form)
  if (hasErrors(body)) return { errors: body.errors, values }
  const refused = isPage(body) ? refusalPageNamed(body.name) : undefined
  if (refused !== undefined) {
    const message = pages.reason(refused, header(head, "accept-language"))
    return { errors: { __all__: [{ code: refused, message }] }, values }
  }
  if (!isRedirect(body) && !isPage(body))
    throw new BadRequest({ reason: `the account page ${name} is not served: the options turn it off` })
  // If no cookie was set, Next 16 would keep its layouts, and a page whose URL is spelled in another way.
  next.refresh()
  return isRedirect(body)
    ? next.redirect(absolute(context, body.redirect))
    : { errors: {}, values: {}, done: body.name }
}

/** Next's `redirect()` adds the base path to a path, and latchkey's paths have it already. */
const absolute = <User extends object, Fields extends SessionFields>(
  context: AuthContext<User, Fields>,
  location: string
): string =>
  basePath() === "" || !location.startsWith("/")
    ? location
    : `${context.isSecure() ? "https" : "http"}://${context.host()}${location}`

const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null
const isRedirect = (body: unknown): body is { readonly redirect: string } => isRecord(body) && "redirect" in body
const hasErrors = (body: unknown): body is Pick<AccountFormState, "errors"> => isRecord(body) && "errors" in body
const isPage = (body: unknown): body is { readonly name: AccountPageName } => isRecord(body) && "name" in body
