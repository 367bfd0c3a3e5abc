/** The options of the account pages, with their defaults. */
import { htmlRenderer, type RenderOptions } from "../../core/accounts/html/html-renderer.ts"
import { renderProblems } from "../../core/accounts/html/render-problems.ts"
import type { AccountRenderer } from "../../core/accounts/pages/account-renderer.ts"
import { ConfigurationInvalid } from "../ports/errors.ts"
import { boolean, callable, type Kinds, object, optionProblems, string } from "../ports/option-kinds.ts"

/** The options of the account pages. */
export interface AccountPagesOptions extends RenderOptions {
  /** The path at which the pages are mounted, without a slash at its end. Default `/accounts`. */
  readonly path?: string
  /** Whether the links of the pages end with a slash, as Django's. Paths are accepted both ways. Default false. */
  readonly trailingSlash?: boolean
  /** The name of the site in titles and mails. Default: the host of the request. */
  readonly siteName?: string
  /** LOGIN_REDIRECT_URL: where a login goes without `next`. Default `/`. */
  readonly loginRedirectUrl?: string
  /** LOGOUT_REDIRECT_URL: where a logout goes without `next`. Default: a page that says that the visitor is logged out. */
  readonly logoutRedirectUrl?: string
  /** Whether the login page redirects visitors who are logged in already. Default false, as in Django. */
  readonly redirectAuthenticatedUser?: boolean
  /**
   * Whether the login form asks to stay logged in. Users who do not choose it are logged out when the browser closes.
   * Default false: sessions last as the settings say.
   */
  readonly rememberMe?: boolean
  /** The backend of the users of these pages. Needed only if several backends have different users. */
  readonly backend?: string
}

/** {@link AccountPagesOptions} with all defaults. */
export interface AccountPagesSettings {
  readonly path: string
  readonly trailingSlash: boolean
  readonly siteName: string | undefined
  readonly loginRedirectUrl: string
  readonly logoutRedirectUrl: string | undefined
  readonly redirectAuthenticatedUser: boolean
  readonly rememberMe: boolean
  readonly backend: { readonly backend?: string }
  readonly renderer: AccountRenderer
}

/** The kinds of values of the options. */
export const accountPagesKinds: Kinds<AccountPagesOptions> = {
  path: string,
  trailingSlash: boolean,
  siteName: string,
  loginRedirectUrl: string,
  logoutRedirectUrl: string,
  redirectAuthenticatedUser: boolean,
  rememberMe: boolean,
  backend: string,
  language: string,
  messages: object,
  pages: object,
  layout: callable,
  mails: object,
  css: string,
  timeZone: string
}

/** Checks the options and adds the defaults. @throws {ConfigurationInvalid} naming every invalid option */
export const accountPagesSettings = (options: AccountPagesOptions): AccountPagesSettings => {
  const unreadable = optionProblems(options, accountPagesKinds)
  const problems = unreadable.length > 0 ? unreadable : [...pathProblems(options), ...renderProblems(options)]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  return {
    path: options.path ?? "/accounts",
    trailingSlash: options.trailingSlash ?? false,
    siteName: options.siteName,
    loginRedirectUrl: options.loginRedirectUrl ?? "/",
    logoutRedirectUrl: options.logoutRedirectUrl,
    redirectAuthenticatedUser: options.redirectAuthenticatedUser ?? false,
    rememberMe: options.rememberMe ?? false,
    backend: options.backend === undefined ? {} : { backend: options.backend },
    renderer: htmlRenderer(options)
  }
}

const pathProblems = ({ path = "" }: AccountPagesOptions): ReadonlyArray<string> =>
  path === "" || /^(?:\/[A-Za-z0-9._~-]+)+$/.test(path)
    ? []
    : [
        'path must begin with a slash and not end with one, and needs no escapes, as in "/accounts"; write "" for the root'
      ]
