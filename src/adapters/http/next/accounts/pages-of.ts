import { type AccountPages, accountPages } from "../../../account-pages/account-pages.ts"
import type { AccountPagesOptions } from "../../../account-pages/visit/account-options.ts"
import type { SessionFields } from "../../../request/session/session-access.ts"
import { type AuthSource, authOf } from "../framework/auth-source.ts"

/**
 * Returns the account pages of an application. They are made at the first request, and again only if the source gives
 * another application.
 */
export const pagesOf = <User extends object, Fields extends SessionFields>(
  source: AuthSource<User, Fields>,
  options: AccountPagesOptions
): (() => AccountPages<User, Fields>) => {
  let made: { readonly application: object; readonly pages: AccountPages<User, Fields> } | undefined
  return () => {
    const application = authOf(source)
    if (made?.application !== application) made = { application, pages: accountPages(application, options) }
    return made.pages
  }
}
