/** What all account pages have: their headers, their links and their style sheet. */
import type { PageLinks } from "../../../core/accounts/pages/account-page.ts"
import { stylesheetName } from "../../../core/accounts/pages/account-path.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import type { AccountPagesSettings } from "../visit/account-options.ts"
import { pagePath, type Visit } from "../visit/visit.ts"

/**
 * Headers of every account page. No cache stores it. A link in a mail is a secret, which other sites do not get in
 * `Referer`; with `no-referrer` browsers would send the form's own POST without an origin. No other site may show the
 * page in a frame.
 */
export const pageHeaders = {
  "cache-control": "no-store",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

/** The path of the style sheet. */
export const stylesheetPath = ({ head, settings }: Pick<PageRequest, "head" | "settings">): string =>
  `${head.basePath ?? ""}${settings.path}/${stylesheetName}`

/** LOGIN_URL, if it is the login page of these pages: guards redirect there. Both spellings of the path are served. */
const loginPath = (visit: PageRequest): string => {
  const path = pagePath(visit, "login")
  const { loginUrl } = visit.auth
  return [path, `${path}/`, path.replace(/\/$/, "")].includes(loginUrl) ? loginUrl : path
}

/** What the links and the style sheet of a page depend on. */
export interface PageRequest {
  readonly auth: { readonly loginUrl: string; readonly recordsSessions: boolean }
  readonly head: Visit<object, SessionFields>["head"]
  readonly settings: AccountPagesSettings
}

/** Where a page leads. */
export const linksOf = (visit: PageRequest): PageLinks => {
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
