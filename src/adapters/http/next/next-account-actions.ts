/**
 * Server Actions for the forms of the account pages, for Next.js applications that show the forms themselves: with the
 * component `AccountForm` of `latchkey/next/account-form`, or with their own.
 *
 * ```tsx
 * // app/login/actions.ts
 * "use server"
 * export const logIn = accountAction(auth, "login")
 *
 * // app/login/page.tsx
 * const Page = async () => <AccountForm form={await accountForm(auth, "login")} action={logIn} />
 * export default Page
 * ```
 *
 * Links in mails still lead to the account pages: serve these by `nextAccounts`, with the same options. They redirect
 * to a path that ends in `set-password`, where a page of your own can show the form: see {@link accountLinkForm}.
 */
import { redirect } from "next/navigation.js"
import * as server from "next/server.js"
import { soon } from "../fetch/account-response.ts"
import { accountActions } from "./accounts/account-actions.ts"
import { accountViews } from "./accounts/account-views.ts"
import { forbidden } from "./framework/forbidden.ts"
import { refresh } from "./framework/refresh.ts"
import { cookies, headers } from "./framework/scope.ts"
import { reader, requireRecentLogin, requireUser } from "./reader.ts"

export type {
  AccountFormName,
  AccountLinkFormName,
  FieldView,
  FormView,
  LinkFormView
} from "../../../core/accounts/forms/form-view.ts"
export type { AccountPageName } from "../../../core/accounts/pages/account-page.ts"
export type { EndButton, SessionFact, SessionsView, SessionView } from "../../../core/accounts/pages/sessions-view.ts"
export type { AccountPagesOptions } from "../../account-pages/visit/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"
export type {
  AccountAction,
  AccountActionName,
  AccountFormError,
  AccountFormState
} from "./accounts/account-actions.ts"
export type { NextAccountsOptions } from "./accounts/account-routes.ts"
export type { AuthSource } from "./framework/auth-source.ts"

const after = server.after ?? soon
const actions = accountActions({ headers, cookies, redirect, forbidden, refresh, after })
const views = accountViews({ headers, reader, requireUser, requireRecentLogin })

/**
 * A Server Action for one form, or `sessions` for the component `AccountSessions`. It takes the same form as the
 * account page, and does the same. The options are those of `nextAccounts`.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const accountAction = actions.accountAction

/** A form with its texts, in the language that the client prefers, for the component `AccountForm`. */
export const accountForm = actions.accountForm

/**
 * The form of a page that a link in a mail opens, for the component `AccountForm`, or the text that the link is not
 * valid. Call it on the page `reset/[uid]/set-password` (`passwordResetConfirm`), `verify/[uid]/set-password`
 * (`verify`) or `email/[uid]/set-password` (`emailConfirm`), in the folder of the account pages. `nextAccounts`
 * redirects there with the token of the link in the session: a Server Component cannot store it.
 *
 * @param uid the part `[uid]` of the path
 */
export const accountLinkForm = views.accountLinkForm

/**
 * The sessions of the logged-in user with their texts, for the component `AccountSessions`. Other visitors are
 * redirected to the login page, or to the page that asks for the password if the option `reauthentication` of
 * `createAuth` is set.
 *
 * @param page path and query of this page, with or without the `basePath`. Next does not tell which page it renders.
 */
export const accountSessions = views.accountSessions
