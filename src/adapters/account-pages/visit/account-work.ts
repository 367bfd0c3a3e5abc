/** The work of the account pages after the response: which mails to send, and their links. */
import * as Effect from "effect/Effect"
import type { AccountMail } from "../../../core/accounts/pages/account-mail.ts"
import { pathOf } from "../../../core/accounts/pages/account-path.ts"
import * as ResetToken from "../../../core/accounts/reset-token.ts"
import { header } from "../../../core/http/request/request-head.ts"
import type { LinkedUser } from "../../account/account-links.ts"
import type { Auth } from "../../api/auth.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import type { AccountPagesSettings } from "./account-options.ts"
import type { AccountWork, MailToSend, MailToUser } from "./account-request.ts"
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

const purposes: Readonly<Record<MailToUser["name"], "reset" | "email">> = {
  passwordReset: "reset",
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
  if (mail.name === "verifyEmail") return mailOf(settings, work, mail.name, mail.account, ["verify", mail.account.link])
  const { name, to, userId } = mail
  const link = auth.accounts.makeLink(purposes[name], userId, to, settings.backend)
  const user = await Effect.runPromise(link)
  if (user === undefined) return undefined
  const made = { ...mailOf(settings, work, name, { ...user, email: to ?? user.email }, linkIn(name, user)), userId }
  switch (name) {
    case "passwordReset":
      return user.isActive ? made : undefined
    case "emailChanged":
      return { ...made, newAddress: user.email }
    case "signUpTaken":
    case "confirmEmail":
    case "emailTaken":
      return made
    default:
      return name satisfies never
  }
}

/** The path of the page that a mail leads to, below that of the account pages. */
const linkIn = (name: MailToUser["name"], { link }: LinkedUser): ReadonlyArray<string> | undefined => {
  switch (name) {
    case "passwordReset":
      return ["reset", link]
    case "signUpTaken":
      return ["password_reset"]
    case "confirmEmail":
      return ["email", link]
    case "emailTaken":
    case "emailChanged":
      return undefined
    default:
      return name satisfies never
  }
}

const mailOf = (
  { path, trailingSlash }: AccountPagesSettings,
  { acceptLanguage, origin, siteName }: AccountWork,
  name: AccountMail["name"],
  { email, username }: Pick<LinkedUser, "email" | "username">,
  link: ReadonlyArray<string> | undefined
): AccountMail => ({
  name,
  to: email,
  userId: undefined,
  username,
  siteName,
  acceptLanguage,
  link: link === undefined ? undefined : origin + pathOf(path, trailingSlash, ...link),
  newAddress: undefined
})
