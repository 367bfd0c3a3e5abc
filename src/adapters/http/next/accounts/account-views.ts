/** Forms of links and sessions of the user as data, for Server Components: they read the session of the request. */
import type { AccountLinkFormName, LinkFormView } from "../../../../core/accounts/forms/form-view.ts"
import type { SessionsView } from "../../../../core/accounts/pages/sessions-view.ts"
import type { AuthReader } from "../../../api/per-request/auth-reader.ts"
import type { SessionFields } from "../../../request/session/session-access.ts"
import { accountMount } from "../../account-mount.ts"
import type { AuthSource } from "../framework/auth-source.ts"
import type { NextRequest } from "../framework/next-head.ts"
import type { NextAccountsOptions } from "./account-routes.ts"
import { pagesOf } from "./pages-of.ts"

/** The functions of Next, and of `latchkey/next/reader`, that a page needs. */
export interface PageFunctions {
  readonly headers: () => Promise<NextRequest["headers"]>
  readonly reader: <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>
  ) => Promise<AuthReader<User, Fields>>
  readonly requireUser: <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>,
    page: string
  ) => Promise<User>
  readonly requireRecentLogin: <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>,
    page: string,
    seconds: number
  ) => Promise<User>
}

/** Makes `accountLinkForm` and `accountSessions` with these functions. */
export const accountViews = ({ headers, reader, requireRecentLogin, requireUser }: PageFunctions) => ({
  accountLinkForm: async <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>,
    name: AccountLinkFormName,
    uid: string,
    options: NextAccountsOptions = {}
  ): Promise<LinkFormView> => {
    const { pages } = accountMount(options)
    const { session } = await reader(auth)
    return pagesOf(auth, pages)().linkFormView(name, uid, session, await acceptLanguage(headers))
  },

  accountSessions: async <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>,
    page: string,
    options: NextAccountsOptions = {}
  ): Promise<SessionsView> => {
    const { pages } = accountMount(options)
    const own = pagesOf(auth, pages)()
    const seconds = own.sessionsRecentLoginSeconds
    await (seconds === undefined ? requireUser(auth, page) : requireRecentLogin(auth, page, seconds))
    const { listSessions } = await reader(auth)
    return own.sessionsView(await listSessions(), await acceptLanguage(headers))
  }
})

/** The value of the header `Accept-Language`. */
export const acceptLanguage = async (headers: PageFunctions["headers"]): Promise<string | undefined> =>
  new Map(Array.from(await headers(), ([header, value]) => [header.toLowerCase(), value])).get("accept-language")
