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
 * Links in mails still lead to the account pages: serve these by `nextAccounts`, with the same options.
 */
import { redirect } from "next/navigation.js"
import * as server from "next/server.js"
import { soon } from "../fetch/account-response.ts"
import { accountActions } from "./account-actions.ts"
import { forbidden } from "./forbidden.ts"
import { cookies, headers } from "./scope.ts"

export type { AccountFormName, FieldView, FormView } from "../../../core/accounts/forms/form-view.ts"
export type { AccountPageName } from "../../../core/accounts/pages/account-page.ts"
export type { AccountPagesOptions } from "../../account-pages/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"
export type { AccountAction, AccountFormError, AccountFormState } from "./account-actions.ts"
export type { NextAccountsOptions } from "./account-routes.ts"
export type { AuthSource } from "./auth-source.ts"

const actions = accountActions({ headers, cookies, redirect, forbidden }, server.after ?? soon)

/**
 * A Server Action for one form. It takes the same form as the account page, and does the same. The options are those of
 * `nextAccounts`.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const accountAction = actions.accountAction

/** A form with its texts, in the language that the client prefers, for the component `AccountForm`. */
export const accountForm = actions.accountForm
