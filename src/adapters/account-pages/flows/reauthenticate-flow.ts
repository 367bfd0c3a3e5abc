/** Asks a logged-in user for the password again, before a page that needs a recent login. */
import { passwordForm, passwordIncorrect, submit } from "../../../core/accounts/forms/account-form.ts"
import { type Flow, goTo, showForm } from "../visit/visit.ts"

/**
 * | request                      | answer                                         |
 * | ---------------------------- | ---------------------------------------------- |
 * | of an anonymous visitor      | to the login page                              |
 * | GET                          | the form                                       |
 * | POST, no password, or wrong  | the form, with the problem                     |
 * | POST, right                  | recorded; to `next` or LOGIN_REDIRECT_URL      |
 */
export const reauthenticate: Flow = async ({ context, field, form, settings }) => {
  await context.requireUser()
  const next = context.nextUrl(form)
  if (form === undefined) return showForm("reauthenticate", passwordForm, undefined, undefined, { next })
  const sent = submit(passwordForm, field)
  const { password } = sent.values
  if (password === undefined) return showForm("reauthenticate", passwordForm, sent, sent.problems, { next })
  if (!(await context.reauthenticate({ password })))
    return showForm("reauthenticate", passwordForm, sent, { password: [passwordIncorrect] }, { next })
  return goTo(context.redirectToNext(settings.loginRedirectUrl, form).location)
}
