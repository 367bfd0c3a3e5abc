/** The account pages that latchkey comes with, with the same options in all examples. */
import type { AccountPagesOptions, MailQueue } from "latchkey"

/**
 * The links in mails have the host of the request. That is safe here only because the server listens on loopback: set
 * `allowedHosts` of `createAuth` to your own hosts, or `origin` here.
 */
export const accountPages = (mail: MailQueue) =>
  ({
    path: "/account",
    siteName: "latchkey demo",
    loginRedirectUrl: "/",
    mail,
    signUp: true,
    rememberMe: true,
    deactivation: true,
    deletion: true
  }) satisfies AccountPagesOptions
