/**
 * The account pages for Next.js: login, logout, sign-up and others.
 *
 * ```ts
 * // app/accounts/[...path]/route.ts
 * export const { GET, POST } = nextAccounts(auth)
 * ```
 */
import * as server from "next/server.js"
import { soon } from "../fetch/account-response.ts"
import { accountRoutes } from "./accounts/account-routes.ts"

export type { AccountFormName, FieldView, FormView } from "../../../core/accounts/forms/form-view.ts"
export type { AccountPageName } from "../../../core/accounts/pages/account-page.ts"
export type { AccountPagesOptions } from "../../account-pages/visit/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"
export type { AccountAction, AccountFormError, AccountFormState } from "./accounts/account-actions.ts"
export type { NextAccounts, NextAccountsOptions } from "./accounts/account-routes.ts"
export type { AuthSource } from "./framework/auth-source.ts"

/**
 * Route handlers with the account pages. The option `path` is the folder of the route, below the base path of
 * next.config. Other paths below it are answered with 404. Mails are sent after the response, by Next's `after`; Next
 * 15.0 has none, and there they are sent soon.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const nextAccounts = accountRoutes(server.after ?? soon)
