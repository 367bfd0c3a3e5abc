/** Login and logout. */
import {
  inactiveAccount,
  invalidLogin,
  isGood,
  loginForm,
  submit,
  withProblems
} from "../../../core/accounts/forms/account-form.ts"
import { fullPath } from "../../../core/http/request/request-url.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type Flow, goTo, type Outcome, type Visit } from "../visit/visit.ts"

/**
 * | request                       | answer                                                            |
 * | ----------------------------- | ----------------------------------------------------------------- |
 * | GET                           | the form                                                          |
 * | POST, a field is refused      | the form, with the problems of the fields; no password is checked |
 * | POST, wrong                   | the form, with one text for every reason                          |
 * | POST, right                   | logged in; to `next` or LOGIN_REDIRECT_URL                        |
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.views.LoginView
 */
export const login: Flow = async (visit) => {
  const { context, field, form, settings } = visit
  if (settings.redirectAuthenticatedUser && (await context.getUser()) !== undefined) {
    const { location } = context.redirectToNext(settings.loginRedirectUrl, form)
    if (!isThisPage(visit, location)) return goTo(location)
  }
  const definition = loginForm(settings.rememberMe, settings.usernameIsEmail)
  const next = context.nextUrl(form)
  if (form === undefined) return { _tag: "Show", page: "login", form: { definition, next } }
  const sent = submit(definition, field)
  const refused = (problems: typeof sent.problems): Outcome => ({
    _tag: "Show",
    page: "login",
    form: { definition, sent, problems, next }
  })
  const { password, remember, username: written } = sent.values
  // Sign-up stores an address that is the user name in lower case. Telephones capitalise the first letter.
  const username = settings.usernameIsEmail ? written?.toLowerCase() : written
  if (!isGood(sent.problems) || username === undefined || password === undefined) return refused(sent.problems)
  const user = await context.authenticate({ username, password })
  if (user === undefined)
    return refused(withProblems({}, "__all__", [invalidLogin(settings.usernameIsEmail ? "email address" : undefined)]))
  if (Reflect.get(user, "isActive") === false) return refused(withProblems({}, "__all__", [inactiveAccount]))
  // A login keeps the data of the visitor's session, and with it an expiry that was set before.
  await context.login(user, settings.rememberMe ? { remember: remember === "on" } : {})
  return goTo(context.redirectToNext(settings.loginRedirectUrl, form).location)
}

/** POST only: a link or an image of another site must not log out. @see Django: django.contrib.auth.views.LogoutView */
export const logout: Flow = async ({ context, form, settings }) => {
  if (form === undefined) return { _tag: "NotAllowed", allow: "POST, OPTIONS" }
  await context.logout()
  const next = context.nextUrl(form) ?? settings.logoutRedirectUrl
  return next === undefined ? { _tag: "Show", page: "loggedOut" } : goTo(context.redirectToNext(next, form).location)
}

/** Whether a redirect would lead to the present page again, without an end. */
const isThisPage = <User extends object, Fields extends SessionFields>(
  { head }: Visit<User, Fields>,
  location: string
): boolean => location.split(/[?#]/, 1)[0] === fullPath(head).split("?", 1)[0]
