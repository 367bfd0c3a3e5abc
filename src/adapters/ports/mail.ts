/** What sends mail: implemented by latchkey (`consoleMail`, `smtpMail`) and by applications. */
import { Tagged } from "../errors/errors.ts"

/** One mail to one person. */
export interface Mail {
  /** The address alone, such as `alice@shop.example`: no display name, no second address. */
  readonly to: string
  /** One line of text. */
  readonly subject: string
  /** The body as plain text. Lines end in `\n`. */
  readonly text: string
  /** The body as HTML, besides `text`. */
  readonly html?: string | undefined
}

/** What a {@link Mailer} gets besides the mail. */
export interface MailerOptions {
  /** Aborts when the mail has taken too long. The mailer must then close its connection and settle. */
  readonly signal?: AbortSignal | undefined
}

/** Sends mail. */
export interface Mailer {
  /**
   * Sends one mail. Resolves when the next server has accepted the mail. Rejects with {@link MailRefused} if the same
   * mail would be refused again, and with any other error if a later attempt may succeed.
   */
  readonly send: (mail: Mail, options?: MailerOptions) => Promise<void>
}

/** A mail that no later attempt can deliver. */
export class MailRefused extends Tagged("MailRefused")<{
  /** Why. Never contains the address or the text of the mail, because it is logged. */
  readonly reason: string
}> {
  override get message(): string {
    return `the mail was refused: ${this.reason}`
  }
}

/** A failed attempt to send a mail. A later attempt may succeed. */
export class MailDelayed extends Tagged("MailDelayed")<{
  /** Why. Never contains the address or the text of the mail, because it is logged. */
  readonly reason: string
}> {
  override get message(): string {
    return `the mail was not sent yet: ${this.reason}`
  }
}

/**
 * What makes a mail unsafe to send; `undefined` if nothing does. A line break in an address or a subject would add
 * headers, and a comma would add recipients.
 */
export const problemOfMail = (mail: Mail): string | undefined => {
  if (!isOneAddress(mail.to)) return "the recipient is not one e-mail address"
  if (mail.subject === "" || hasControl.test(mail.subject)) return "the subject is not one line of text"
  if (!mail.text.isWellFormed() || !mail.subject.isWellFormed()) return "the text is not well-formed Unicode"
  return undefined
}

/** C0 and C1 control characters, and the line and paragraph separators of Unicode. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is refused
const hasControl = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/**
 * Whether a text can be nothing but one address. Which addresses exist is for the mail server to say, and which ones a
 * form accepts is for the form. Quoted local parts (`"a b"@shop.example`) are refused.
 */
const isOneAddress = (text: string): boolean =>
  text.length <= 254 &&
  text.isWellFormed() &&
  !hasControl.test(text) &&
  /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()\\,;"]+$/.test(text)
