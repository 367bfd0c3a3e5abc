/** Change and reset of a password. */
import * as Effect from "effect/Effect"
import {
  isGood,
  newPasswordForm,
  newPasswordProblems,
  oldPasswordIncorrect,
  passwordChangeForm,
  passwordResetForm,
  submit,
  withProblems
} from "../../core/accounts/forms/account-form.ts"
import type { Problem } from "../../core/password/validators.ts"
import type { SessionFields } from "../request/session-access.ts"
import { mailing, userIdOf } from "./account-work.ts"
import { closeLink, invalidLink, type LinkFlow } from "./link-flow.ts"
import { type Flow, goTo, pagePath, showForm, type Visit } from "./visit.ts"

/** Keeps this session, and ends the user's others. @see Django: django.contrib.auth.views.PasswordChangeView */
export const passwordChange: Flow = async (visit) => {
  const { auth, context, field, form, settings } = visit
  const user = await context.requireUser()
  if (form === undefined) return showForm("passwordChange", passwordChangeForm)
  const sent = submit(passwordChangeForm, field)
  const found = newPasswordProblems(sent, ["new_password1", "new_password2"], validator(visit, user))
  const { new_password2: password, old_password: old } = sent.values
  if (isGood(found) && old !== undefined && password !== undefined) {
    if (await context.changePassword(user, old, password)) {
      await context.updateSessionAuthHash(user)
      return goTo(pagePath(visit, "password_change/done"))
    }
    return showForm("passwordChange", passwordChangeForm, sent, { old_password: [oldPasswordIncorrect] })
  }
  const isWrong = old !== undefined && !(await auth.checkPassword(user, old, settings.backend))
  const problems = isWrong ? withProblems(found, "old_password", [oldPasswordIncorrect]) : found
  return showForm("passwordChange", passwordChangeForm, sent, problems)
}

/** Only for users who are logged in. */
export const passwordChangeDone: Flow = async ({ context }) => {
  await context.requireUser()
  return { _tag: "Show", page: "passwordChangeDone" }
}

/** The same answer and the same work for every address. @see Django: django.contrib.auth.views.PasswordResetView */
export const passwordReset: Flow = async (visit) => {
  const { auth, field, form, settings } = visit
  if (form === undefined) return showForm("passwordReset", passwordResetForm)
  const sent = submit(passwordResetForm, field)
  const { email } = sent.values
  if (email === undefined) return showForm("passwordReset", passwordResetForm, sent, sent.problems)
  const users = await auth.passwordResetRecipients(email, settings.backend)
  const mails = users.map((user) => ({ name: "passwordReset", userId: userIdOf(visit, user), to: undefined }) as const)
  return goTo(pagePath(visit, "password_reset/done"), mailing(visit, mails))
}

/** The page of a reset link: asks for the new password. */
export const passwordResetConfirm: LinkFlow = {
  invalid: "passwordResetInvalid",
  opened: async (visit, { token, uid }) => {
    const { auth, context, field, form, settings } = visit
    if (form === undefined) return showForm("passwordResetConfirm", newPasswordForm)
    const user = await auth.passwordResetUser(uid, settings.backend)
    if (user === undefined) return invalidLink(passwordResetConfirm)
    const sent = submit(newPasswordForm, field)
    const problems = newPasswordProblems(sent, ["new_password1", "new_password2"], validator(visit, user))
    const { new_password2: password } = sent.values
    if (!isGood(problems) || password === undefined)
      return showForm("passwordResetConfirm", newPasswordForm, sent, problems)
    if (!(await context.resetPassword(user, token, password))) return invalidLink(passwordResetConfirm)
    await closeLink(visit, "reset")
    if (!settings.loginAfterPasswordReset) return goTo(pagePath(visit, "reset/done"))
    await context.login(user, settings.backend)
    return goTo(settings.loginRedirectUrl)
  }
}

/** Runs the application's validators. @param owner the user, or the fields of a new user */
export const validator =
  <User extends object, Fields extends SessionFields>(
    { auth }: Visit<User, Fields>,
    owner: object
  ): ((password: string) => ReadonlyArray<Problem>) =>
  (password) =>
    Effect.runSync(auth.accounts.validatePassword(password, owner))
