/**
 * Change of the e-mail address: asked for with the password, confirmed by a link to the new address, told to the old
 * one. The same answer and the same work whether or not another account has the new address, and after too many
 * requests, which then send no mail.
 */
import * as Effect from "effect/Effect"
import {
  confirmationForm,
  emailChangeForm,
  isGood,
  passwordIncorrect,
  submit,
  withProblems
} from "../../../core/accounts/forms/account-form.ts"
import { normalizeEmail } from "../../../core/accounts/new-user.ts"
import { mailing, userIdOf } from "../visit/account-work.ts"
import { type Flow, goTo, pagePath, showForm } from "../visit/visit.ts"
import { closeLink, invalidLink, type LinkFlow } from "./link-flow.ts"
import { askingForPassword } from "./password-flow.ts"

export const emailChange: Flow = askingForPassword(async (visit, user) => {
  const { auth, context, field, form, settings } = visit
  if (form === undefined) return showForm("emailChange", emailChangeForm)
  const sent = submit(emailChangeForm, field)
  const { email, password } = sent.values
  const isWrong = password !== undefined && !(await context.checkPassword(user, password))
  const problems = isWrong ? withProblems(sent.problems, "password", [passwordIncorrect]) : sent.problems
  if (!isGood(problems) || email === undefined) return showForm("emailChange", emailChangeForm, sent, problems)
  // The password was checked again, which is a login. It makes earlier links of this kind invalid, used ones too.
  await context.login(user, settings.backend)
  const address = normalizeEmail(email)
  const isAllowed = await context.allowRequestFor(address)
  const userId = userIdOf(visit, user)
  const holders = await Effect.runPromise(auth.accounts.addressHolders(address, settings.backend))
  const others = holders.map((holder) => userIdOf(visit, holder)).filter((id) => id !== userId)
  const mails =
    others.length > 0
      ? others.map((id) => ({ name: "emailTaken", userId: id, to: undefined }) as const)
      : [{ name: "confirmEmail", userId, to: address } as const]
  return goTo(pagePath(visit, "email_change/done"), mailing(visit, isAllowed ? mails : []))
})

/** Only for users who are logged in. */
export const emailChangeDone: Flow = async ({ context }) => {
  await context.requireUser()
  return { _tag: "Show", page: "emailChangeDone" }
}

/**
 * The page of a link that changes the address. The visitor need not be logged in: the link may open on another device.
 */
export const emailConfirm: LinkFlow = {
  invalid: "emailConfirmInvalid",
  opened: async (visit, { address, token, uid }) => {
    const { auth, form, settings } = visit
    if (form === undefined) return showForm("emailConfirm", confirmationForm, undefined, undefined, { address })
    const done = await Effect.runPromise(
      auth.accounts.changeEmail(uid, token, settings.usernameIsEmail, settings.backend)
    )
    if (done._tag === "LinkInvalid") return invalidLink(emailConfirm)
    await closeLink(visit, "email")
    const { userId, was } = done
    const mails = was === "" ? [] : [{ name: "emailChanged", userId, to: was } as const]
    return goTo(pagePath(visit, "email/done"), mailing(visit, mails))
  }
}
