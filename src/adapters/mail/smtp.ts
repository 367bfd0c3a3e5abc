/** The entry point `latchkey/smtp`. It needs the package `nodemailer`. */
import { createRequire } from "node:module"
import { loadPackage, requireBesideBundle } from "../options/optional-package.ts"
import type { Mailer } from "../ports/mail.ts"
import { isNodemailer, type SmtpMailOptions, smtpMailer } from "./smtp-mailer.ts"

export type { Mail, Mailer, MailerOptions } from "../ports/mail.ts"
export type { SmtpMailOptions } from "./smtp-mailer.ts"

// Written so that bundlers and file tracers find the package; see loadPackage.
const require = createRequire(import.meta.url ?? __filename)
const loadNodemailer = (): unknown =>
  typeof __webpack_require__ === "function" ? requireBesideBundle("nodemailer") : require("nodemailer")

/**
 * A mailer that sends over SMTP, one connection per mail. It verifies the server's certificate, and never sends
 * unencrypted unless the server is on this machine or `tls` is `false`. Errors contain the server's reply code, never
 * its text, which may quote addresses.
 *
 * @throws {ConfigurationInvalid} if an option is invalid or the package `nodemailer` is not installed
 * @see Django: django.core.mail.backends.smtp.EmailBackend
 */
export const smtpMail = (options: SmtpMailOptions): Mailer =>
  smtpMailer(options, loadPackage("smtpMail", "nodemailer", loadNodemailer, isNodemailer))
