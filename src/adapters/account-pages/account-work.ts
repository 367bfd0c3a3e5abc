/** The work of the account pages after the response: which mails to send, and their links. */
import * as Effect from "effect/Effect"
import type { AccountMail } from "../../core/accounts/pages/account-mail.ts"
import { pathOf } from "../../core/accounts/pages/account-path.ts"
import * as ResetToken from "../../core/accounts/reset-token.ts"
import { header } from "../../core/http/request-head.ts"
import type { LinkedUser, LinkPurpose } from "../account/account-links.ts"
import type { Auth } from "../api/create-auth.ts"
import type { SessionFields } from "../request/session-access.ts"
import type { AccountPagesSettings } from "./account-options.ts"
import type { AccountWork, MailToSend } from "./account-request.ts"
import type { Visit } from "./visit.ts"

/** Mails to send after the response of this request. There may be none: the work is the same. */
export const mailing = <User extends object, Fields extends SessionFields>(
  { context, head, settings }: Visit<User, Fields>,
  mails: ReadonlyArray<MailToSend>
): ReadonlyArray<AccountWork> => {
  const host = context.host()
  return [
    {
      _tag: "SendMails",
      mails,
      origin: (settings.origin ?? `${context.isSecure() ? "https" : "http"}://${host}`) + (head.basePath ?? ""),
      siteName: settings.siteName ?? host,
      acceptLanguage: header(head, "accept-language")
    }
  ]
}

/** The id of a user object. */
export const userIdOf = <User extends object, Fields extends SessionFields>(
  { auth, settings }: Visit<User, Fields>,
  user: User
): string => ResetToken.idOf(auth.passwordResetUid(user, settings.backend)) ?? ""

const purposes: Readonly<Record<MailToSend["name"], LinkPurpose>> = {
  passwordReset: "reset",
  verifyEmail: "verify",
  signUpTaken: "reset",
  confirmEmail: "email",
  emailTaken: "reset",
  emailChanged: "reset"
}

/** Makes a mail. `undefined` if its account no longer exists, or may no longer get it. */
export const mailFor = async <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  settings: AccountPagesSettings,
  work: AccountWork,
  mail: MailToSend
): Promise<AccountMail | undefined> => {
  const link = auth.accounts.makeLink(purposes[mail.name], mail.userId, mail.to, settings.backend)
  const user = await Effect.runPromise(link)
  return user === undefined ? undefined : mailOf(settings, work, mail, user)
}

const mailOf = (
  { path, trailingSlash }: AccountPagesSettings,
  { acceptLanguage, origin, siteName }: AccountWork,
  { name, to, userId }: MailToSend,
  user: LinkedUser
): AccountMail | undefined => {
  const url = (...parts: ReadonlyArray<string>): string => origin + pathOf(path, trailingSlash, ...parts)
  const mail = {
    name,
    to: to ?? user.email,
    userId,
    username: user.username,
    siteName,
    acceptLanguage,
    link: undefined,
    newAddress: undefined
  }
  switch (name) {
    case "passwordReset":
      return user.isActive ? { ...mail, link: url("reset", user.link) } : undefined
    case "verifyEmail":
      return user.isActive ? undefined : { ...mail, link: url("verify", user.link) }
    case "signUpTaken":
      return { ...mail, link: url("password_reset") }
    case "confirmEmail":
      return { ...mail, link: url("email", user.link) }
    case "emailTaken":
      return mail
    case "emailChanged":
      return { ...mail, newAddress: user.email }
    default:
      return name satisfies never
  }
}
