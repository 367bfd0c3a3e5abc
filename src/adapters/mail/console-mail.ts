import { callable, checkOptions } from "../options/option-kinds.ts"
import { type Mailer, MailRefused, problemOfMail } from "../ports/mail.ts"

/** Options of {@link consoleMail}. */
export interface ConsoleMailOptions {
  /** Prints one mail. Default: `console.log`. */
  readonly print?: (text: string) => void
}

/**
 * A mailer for development that prints mails instead of sending them. The printed links log in or change passwords, so
 * with `NODE_ENV=production` it warns: every reader of the log could use them.
 *
 * @see Django: django.core.mail.backends.console.EmailBackend
 */
export const consoleMail = (options: ConsoleMailOptions = {}): Mailer => {
  checkOptions(options, { print: callable }, "consoleMail.")
  const { print = console.log } = options
  if (process.env["NODE_ENV"] === "production")
    console.warn(
      "latchkey: consoleMail writes links that change passwords into the log; in production use smtpMail of latchkey/smtp"
    )
  return {
    send: async (mail) => {
      const problem = problemOfMail(mail)
      if (problem !== undefined) throw new MailRefused({ reason: problem })
      print(`${line}\nTo: ${mail.to}\nSubject: ${mail.subject}\n\n${printable(mail.text).trimEnd()}\n${line}`)
    }
  }
}

const line = "-".repeat(79)

/** Without control characters except line breaks: a user name must not send commands to the terminal. */
const printable = (text: string): string => text.replace(/[^\n\P{Cc}]/gu, "�")
