/** The options of the account pages, with their defaults. */
import { htmlRenderer, type RenderOptions } from "../../../core/accounts/html/html-renderer.ts"
import { renderProblems } from "../../../core/accounts/html/render-problems.ts"
import type { AccountRenderer } from "../../../core/accounts/pages/account-renderer.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import type { MailQueue } from "../../mail/mail-queue.ts"
import {
  boolean,
  callable,
  having,
  type Kinds,
  number,
  object,
  optionProblems,
  string
} from "../../options/option-kinds.ts"
import { pageUrlProblems } from "../../options/page-url.ts"

/** The options of the account pages. */
export interface AccountPagesOptions extends RenderOptions {
  /** The path at which the pages are mounted, without a slash at its end. Default `/accounts`. */
  readonly path?: string
  /**
   * Whether the links of the pages end with a slash, as Django's. Paths are accepted both ways. Default false. Links to
   * the login page are as LOGIN_URL, if that is the login page of these pages.
   */
  readonly trailingSlash?: boolean
  /** The name of the site in titles and mails. Default: the host of the request. */
  readonly siteName?: string
  /** LOGIN_REDIRECT_URL: where a login goes without `next`. Default `/`. */
  readonly loginRedirectUrl?: string
  /**
   * LOGOUT_REDIRECT_URL: where a logout goes without `next`. Default: a page that says that the visitor is logged out.
   */
  readonly logoutRedirectUrl?: string
  /** Whether the login page redirects visitors who are logged in already. Default false, as in Django. */
  readonly redirectAuthenticatedUser?: boolean
  /**
   * Whether the login form asks to stay logged in. Users who do not choose it are logged out when the browser closes.
   * Default false: sessions last as the settings say.
   */
  readonly rememberMe?: boolean
  /**
   * The queue that sends mails, as in `mailQueue(smtpMail(…))`. Without it there are no pages that send mail: password
   * reset, change of the address, confirmed sign-up.
   */
  readonly mail?: MailQueue
  /**
   * The origin of links in mails, as in `https://example.com`. Default: that of the request. Set it if `allowedHosts`
   * allows more hosts than your own: a client chooses the `Host` header, and with it where the link leads.
   */
  readonly origin?: string
  /** Whether visitors may sign up. Default false. */
  readonly signUp?: boolean
  /**
   * Whether a new account is created only when its address is confirmed by a link. Default: true if there is `mail`,
   * else false.
   */
  readonly verifyEmail?: boolean
  /**
   * Whether the e-mail address is the user name, in lower case. Then sign-up does not show which addresses have an
   * account. Default false: at sign-up, visitors choose a user name, and a name that is taken is a problem of the form.
   */
  readonly usernameIsEmail?: boolean
  /** Whether setting a new password by a link logs in. Default false, as in Django. */
  readonly loginAfterPasswordReset?: boolean
  /**
   * How long ago the login may be for the page of the user's sessions, in seconds; after that it asks for the password
   * again. Only with the option `reauthentication` of `createAuth`. Default 900 then. The other pages that change an
   * account ask for the password in their own form.
   */
  readonly recentLoginSeconds?: number
  /** Whether users may deactivate their own account. Default false. */
  readonly deactivation?: boolean
  /** Whether users may delete their own account. Default false. */
  readonly deletion?: boolean
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
  readonly mail: MailQueue | undefined
  readonly origin: string | undefined
  readonly signUp: boolean
  readonly verifyEmail: boolean
  readonly usernameIsEmail: boolean
  readonly loginAfterPasswordReset: boolean
  readonly recentLoginSeconds: number
  readonly deactivation: boolean
  readonly deletion: boolean
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
  mail: having("drain", "a mail queue, as mailQueue(smtpMail(…))"),
  origin: string,
  signUp: boolean,
  verifyEmail: boolean,
  usernameIsEmail: boolean,
  loginAfterPasswordReset: boolean,
  recentLoginSeconds: number,
  deactivation: boolean,
  deletion: boolean,
  backend: string,
  language: string,
  messages: object,
  pages: object,
  layout: callable,
  mails: object,
  css: string,
  timeZone: string
}

/** Where the pages are mounted, unless the option `path` says otherwise. */
export const defaultPath = "/accounts"

/** Checks the options and adds the defaults. @throws {ConfigurationInvalid} naming every invalid option */
export const accountPagesSettings = (options: AccountPagesOptions): AccountPagesSettings => {
  const unreadable = optionProblems(options, accountPagesKinds)
  const problems = unreadable.length > 0 ? unreadable : [...furtherProblems(options), ...renderProblems(options)]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  return {
    path: options.path ?? defaultPath,
    trailingSlash: options.trailingSlash ?? false,
    siteName: options.siteName,
    loginRedirectUrl: options.loginRedirectUrl ?? "/",
    logoutRedirectUrl: options.logoutRedirectUrl,
    redirectAuthenticatedUser: options.redirectAuthenticatedUser ?? false,
    rememberMe: options.rememberMe ?? false,
    mail: options.mail,
    origin: options.origin,
    signUp: options.signUp ?? false,
    verifyEmail: options.verifyEmail ?? options.mail !== undefined,
    usernameIsEmail: options.usernameIsEmail ?? false,
    loginAfterPasswordReset: options.loginAfterPasswordReset ?? false,
    recentLoginSeconds: options.recentLoginSeconds ?? 900,
    deactivation: options.deactivation ?? false,
    deletion: options.deletion ?? false,
    backend: options.backend === undefined ? {} : { backend: options.backend },
    renderer: htmlRenderer(options)
  }
}

const furtherProblems = ({
  loginRedirectUrl,
  logoutRedirectUrl,
  mail,
  origin,
  path = "",
  recentLoginSeconds = 1,
  verifyEmail
}: AccountPagesOptions): ReadonlyArray<string> => [
  ...pageUrlProblems("loginRedirectUrl", loginRedirectUrl, "/account"),
  ...pageUrlProblems("logoutRedirectUrl", logoutRedirectUrl, "/"),
  ...(recentLoginSeconds > 0 ? [] : ["recentLoginSeconds must be above 0"]),
  ...(path === "" || /^(?:\/[A-Za-z0-9._~-]+)+$/.test(path)
    ? []
    : [
        'path must begin with a slash and not end with one, and needs no escapes, as in "/accounts"; write "" for the root'
      ]),
  ...(origin === undefined || (/^https?:\/\//.test(origin) && URL.parse(origin)?.origin === origin)
    ? []
    : ['origin must be a scheme and a host, without a path, as in "https://example.com"']),
  ...(verifyEmail === true && mail === undefined
    ? ["verifyEmail needs mail: without it the link cannot be sent; write mail: mailQueue(smtpMail(…))"]
    : [])
]
