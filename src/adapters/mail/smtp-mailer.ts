import type { ConnectionOptions } from "node:tls"
import { ConfigurationInvalid } from "../errors/errors.ts"
import { boolean, checkOptions, either, number, object, string } from "../options/option-kinds.ts"
import { hasFunction } from "../options/optional-package.ts"
import { type Mail, MailDelayed, type Mailer, type MailerOptions, MailRefused, problemOfMail } from "../ports/mail.ts"
import { isLoopback, parseSmtpUrl, type SmtpServer } from "./smtp-server.ts"

/** The options of {@link smtpMail}. */
export interface SmtpMailOptions {
  /**
   * `smtp[s]://[user:password@]host[:port]`. `smtps:` encrypts from the start (port 465), `smtp:` with STARTTLS (port
   * 587). Special characters of user and password are percent-encoded. `undefined`, as for a missing environment
   * variable, is an error.
   */
  readonly url: string | undefined
  /** DEFAULT_FROM_EMAIL: the sender, such as `Shop <no-reply@shop.example>`. */
  readonly from: string
  /** EMAIL_HOST_USER: overrides the user of the URL. */
  readonly username?: string
  /** EMAIL_HOST_PASSWORD: overrides the password of the URL. */
  readonly password?: string
  /**
   * Node's TLS options, such as `{ ca }`. `false` sends unencrypted: mails contain links that change passwords, so use
   * it only in a network that you trust. Default: encryption and a valid certificate are required, except for a server
   * on this machine (`localhost`).
   */
  readonly tls?: ConnectionOptions | boolean
  /** EMAIL_TIMEOUT: how long the server may take to accept a connection or to answer, in seconds. Default: 10. */
  readonly deadlineSeconds?: number
}

/** The part of `nodemailer` that this mailer uses. */
export interface NodemailerLibrary {
  readonly createTransport: (options: object) => unknown
}

export const isNodemailer = (loaded: unknown): loaded is NodemailerLibrary => hasFunction(loaded, "createTransport")

interface Transport {
  readonly sendMail: (message: object) => Promise<unknown>
}
const isTransport = (made: unknown): made is Transport => hasFunction(made, "sendMail")

export const smtpMailer = (options: SmtpMailOptions, { createTransport }: NodemailerLibrary): Mailer => {
  const { server, from, tls, milliseconds } = checked(options)
  const { username, password } = server
  const transport = createTransport({
    host: server.host,
    port: server.port,
    secure: server.isImplicitTls,
    requireTLS: tls.isRequired && !server.isImplicitTls,
    ignoreTLS: tls.isOff,
    tls: tls.options,
    // If there is a password, a server that does not ask for it is the wrong server.
    ...(username === undefined ? {} : { auth: { user: username, pass: password ?? "" }, forceAuth: true }),
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
    dnsTimeout: milliseconds,
    disableFileAccess: true,
    disableUrlAccess: true
  })
  if (!isTransport(transport)) throw new Error("nodemailer made no transport")
  return {
    send: async (mail: Mail, { signal }: MailerOptions = {}) => {
      const problem = problemOfMail(mail)
      if (problem !== undefined) throw new MailRefused({ reason: problem })
      try {
        await transport.sendMail({
          from,
          to: { name: "", address: mail.to },
          subject: mail.subject,
          text: mail.text,
          ...(mail.html === undefined ? {} : { html: mail.html }),
          // RFC 3834: programs that answer mails do not answer this one.
          headers: { "Auto-Submitted": "auto-generated" },
          signal
        })
      } catch (error) {
        throw failureOf(error)
      }
    }
  }
}

interface Checked {
  readonly server: SmtpServer
  readonly from: string
  readonly tls: { readonly isRequired: boolean; readonly isOff: boolean; readonly options: ConnectionOptions }
  readonly milliseconds: number
}

const checked = (options: SmtpMailOptions): Checked => {
  checkOptions(
    options,
    {
      url: string,
      from: string,
      username: string,
      password: string,
      tls: either(boolean, object),
      deadlineSeconds: number
    },
    "smtpMail.",
    ["url", "from"]
  )
  const { from, deadlineSeconds = 10 } = options
  const parsed = parseSmtpUrl(options.url ?? "")
  const address = /^(?:[^<>]*<([^<>]*)>|([^<>]*))$/.exec(from)
  const problems = [
    ...(parsed === undefined
      ? ["smtpMail.url: must be of the form smtp[s]://[user:password@]host[:port], without path and parameters"]
      : []),
    ...(problemOfMail({ to: (address?.[1] ?? address?.[2] ?? "").trim(), subject: from, text: "" }) === undefined
      ? []
      : ["smtpMail.from: must be one address, such as no-reply@shop.example or Shop <no-reply@shop.example>"]),
    ...(deadlineSeconds > 0 && deadlineSeconds <= 600 ? [] : ["smtpMail.deadlineSeconds: must be from 0 to 600"]),
    ...(parsed?.isImplicitTls === true && options.tls === false
      ? ["smtpMail.tls: write an smtp: URL if the server does not encrypt; false contradicts smtps:"]
      : [])
  ]
  if (parsed === undefined || problems.length > 0) throw new ConfigurationInvalid({ problems })
  const { tls = isLoopback(parsed.host) && !parsed.isImplicitTls ? undefined : true } = options
  return {
    server: {
      ...parsed,
      username: options.username ?? parsed.username,
      password: options.password ?? parsed.password
    },
    from,
    tls: {
      isRequired: tls !== undefined && tls !== false,
      // The certificate of a server on this machine is often for another name: without `tls` it is not used at all.
      isOff: tls === undefined || tls === false,
      options: typeof tls === "object" ? tls : {}
    },
    milliseconds: deadlineSeconds * 1000
  }
}

/**
 * The error of an attempt, without texts of the server: they often quote the recipient's address. Only a refusal of the
 * sender, the recipient or the content is final (RFC 5321 4.2.1). A refused login or an invalid certificate is a fault
 * of the settings or of the server, which an operator may repair while the mail waits.
 */
const failureOf = (error: unknown): MailRefused | MailDelayed => {
  const { code, responseCode } = fieldsOf(error)
  const parts = [responseCode === undefined ? undefined : `the server answered ${responseCode}`, code]
  const reason = parts.filter((part) => part !== undefined).join(", ") || "the connection failed"
  const isFinal =
    (code === "EENVELOPE" && responseCode === undefined) ||
    ((code === "EENVELOPE" || code === "EMESSAGE") && responseCode !== undefined && responseCode >= 500)
  return isFinal ? new MailRefused({ reason }) : new MailDelayed({ reason })
}

const fieldsOf = (error: unknown): { readonly code?: string; readonly responseCode?: number } => {
  if (typeof error !== "object" || error === null) return {}
  const [code, responseCode]: ReadonlyArray<unknown> = [Reflect.get(error, "code"), Reflect.get(error, "responseCode")]
  return {
    ...(typeof code === "string" && /^[A-Z_0-9]{1,40}$/.test(code) ? { code } : {}),
    ...(typeof responseCode === "number" ? { responseCode } : {})
  }
}
