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
} from "../../../core/accounts/forms/account-form.ts"
import type { Problem } from "../../../core/password/validators.ts"
import { BadRequest } from "../../errors/errors.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { mailing, userIdOf } from "../visit/account-work.ts"
import { type Flow, goTo, type Outcome, pagePath, showForm, type Visit } from "../visit/visit.ts"
import { closeLink, invalidLink, type LinkFlow } from "./link-flow.ts"

/**
 * The pages that ask for the user's password, for a user who may have none: then they say so instead.
 *
 * @param flow gets the user who is logged in
 */
export const askingForPassword =
  (
    flow: <User extends object, Fields extends SessionFields>(
      visit: Visit<User, Fields>,
      user: User
    ) => Promise<Outcome>
  ): Flow =>
  async (visit) => {
    const { auth, context, settings } = visit
    const user = await context.requireUser()
    const hasPassword = await Effect.runPromise(auth.accounts.hasUsablePassword(user, settings.backend))
    return hasPassword ? flow(visit, user) : { _tag: "Show", page: "noPassword", isRefused: true }
  }

/** Keeps this session, and ends the user's others. @see Django: django.contrib.auth.views.PasswordChangeView */
export const passwordChange: Flow = askingForPassword(async (visit, user) => {
  const { context, field, form } = visit
  if (form === undefined) return showForm("passwordChange", passwordChangeForm)
  const sent = submit(passwordChangeForm, field)
  const found = newPasswordProblems(sent, ["new_password1", "new_password2"], validator(visit, user))
  const { new_password2: password, old_password: old } = sent.values
  if (isGood(found) && old !== undefined && password !== undefined) {
    const done = await storing(context.changePassword(user, old, password))
    if (done === true) {
      await context.updateSessionAuthHash(user)
      return goTo(pagePath(visit, "password_change/done"))
    }
    const problems = done === false ? { old_password: [oldPasswordIncorrect] } : { new_password2: [done] }
    return showForm("passwordChange", passwordChangeForm, sent, problems)
  }
  const isWrong = old !== undefined && !(await context.checkPassword(user, old))
  const problems = isWrong ? withProblems(found, "old_password", [oldPasswordIncorrect]) : found
  return showForm("passwordChange", passwordChangeForm, sent, problems)
})

/** Only for users who are logged in. */
export const passwordChangeDone: Flow = async ({ context }) => {
  await context.requireUser()
  return { _tag: "Show", page: "passwordChangeDone" }
}

/**
 * The same answer and the same work for every address, and after too many requests, which then send no mail.
 *
 * @see Django: django.contrib.auth.views.PasswordResetView
 */
export const passwordReset: Flow = async (visit) => {
  const { auth, context, field, form, settings } = visit
  if (form === undefined) return showForm("passwordReset", passwordResetForm)
  const sent = submit(passwordResetForm, field)
  const { email } = sent.values
  if (email === undefined) return showForm("passwordReset", passwordResetForm, sent, sent.problems)
  const isAllowed = await context.allowRequestFor(email)
  const users = await auth.passwordResetRecipients(email, settings.backend)
  const mails = users.map((user) => ({ name: "passwordReset", userId: userIdOf(visit, user), to: undefined }) as const)
  return goTo(pagePath(visit, "password_reset/done"), mailing(visit, isAllowed ? mails : []))
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
    const done = await storing(context.resetPassword(user, token, password))
    if (done === false) return invalidLink(passwordResetConfirm)
    if (done !== true) return showForm("passwordResetConfirm", newPasswordForm, sent, { new_password2: [done] })
    await closeLink(visit, "reset")
    if (!settings.loginAfterPasswordReset) return goTo(pagePath(visit, "reset/done"))
    await context.login(user, settings.backend)
    return goTo(settings.loginRedirectUrl)
  }
}

/**
 * Waits for the change of a password. The preferred hasher may not take it: plain `bcrypt` takes at most 72 bytes. That
 * is a problem of the form.
 */
export const storing = async <A>(change: Promise<A>): Promise<A | Problem> => {
  try {
    return await change
  } catch (error) {
    if (error instanceof BadRequest) return { code: "password_not_storable", message: error.reason, params: {} }
    throw error
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
