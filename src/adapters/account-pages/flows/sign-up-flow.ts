/**
 * Sign-up, with or without a link that confirms the address.
 *
 * | the form was sent                | without confirmation             | with confirmation                          |
 * | -------------------------------- | -------------------------------- | ------------------------------------------ |
 * | a field is refused               | the form, with the problems      | the form, with the problems                |
 * | the user name is taken           | the form, with that problem      | the form, with that problem                |
 * | the address has an account       | (addresses need not be unique)   | "look into your mail"; a mail to the owner |
 * | too many requests                | the form: the name is taken      | "look into your mail"; no mail             |
 * | otherwise                        | logged in                        | "look into your mail"; a mail with a link  |
 *
 * A link asks for the password that was chosen at sign-up, and creates the account. So a visitor who signs up with the
 * address of another person gains nothing if that person opens the link.
 */
import * as Effect from "effect/Effect"
import {
  addressTaken,
  type FormProblems,
  isGood,
  newPasswordProblems,
  passwordForm,
  passwordIncorrect,
  type Submission,
  signUpForm,
  submit,
  usernameInvalid,
  usernameTaken,
  withProblems
} from "../../../core/accounts/forms/account-form.ts"
import { isUsername } from "../../../core/accounts/usernames.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { mailing, userIdOf } from "../visit/account-work.ts"
import { type Flow, goTo, type Outcome, pagePath, showForm, type Visit } from "../visit/visit.ts"
import { closeLink, invalidLink, type LinkFlow } from "./link-flow.ts"
import { storing, validator } from "./password-flow.ts"

export const signUp: Flow = async (visit) => {
  const { context, field, form, settings } = visit
  const definition = signUpForm(settings.usernameIsEmail, !settings.verifyEmail)
  const next = context.nextUrl(form)
  if (form === undefined) return showForm("signUp", definition, undefined, undefined, { next })
  const sent = submit(definition, field)
  const email = sent.values.email
  const username = settings.usernameIsEmail ? email?.toLowerCase() : sent.values.username
  const problems = newPasswordProblems(
    withNameProblem(sent),
    ["password1", "password2"],
    validator(visit, { username: username ?? "", email: email ?? "" })
  )
  const refused = (found: FormProblems): Outcome => showForm("signUp", definition, sent, found, { next })
  const { password2: password } = sent.values
  if (!isGood(problems) || username === undefined || email === undefined || password === undefined)
    return refused(problems)
  const account = { username, email, password }
  return settings.verifyEmail ? confirmedLater(visit, account, refused) : loggedIn(visit, account, refused)
}

interface Account {
  readonly username: string
  readonly email: string
  readonly password: string
}

const confirmedLater = async <User extends object, Fields extends SessionFields>(
  visit: Visit<User, Fields>,
  account: Account,
  refused: (problems: FormProblems) => Outcome
): Promise<Outcome> => {
  const { auth, context, settings } = visit
  const isAllowed = await context.allowRequestFor(account.email)
  const done = await storing(Effect.runPromise(auth.accounts.signUp(account, settings.backend)))
  if ("code" in done) return refused({ password2: [done] })
  if (done._tag === "UsernameTaken" && !settings.usernameIsEmail) return refused({ username: [usernameTaken] })
  const mails =
    done._tag === "SignedUp"
      ? [{ name: "verifyEmail", account: done.account } as const]
      : done._tag === "AddressTaken"
        ? done.users.map((user) => ({ name: "signUpTaken", userId: userIdOf(visit, user), to: undefined }) as const)
        : []
  return goTo(pagePath(visit, "signup/done"), mailing(visit, isAllowed ? mails : []))
}

const loggedIn = async <User extends object, Fields extends SessionFields>(
  { auth, context, form, settings }: Visit<User, Fields>,
  account: Account,
  refused: (problems: FormProblems) => Outcome
): Promise<Outcome> => {
  const isAllowed = await context.allowRequestFor(account.email)
  const created = auth.createUser(account, { ...settings.backend, dryRun: !isAllowed }).then((user) => ({ user }))
  const done = await storing(created)
  if ("code" in done) return refused({ password2: [done] })
  const { user } = done
  if (user === undefined)
    return refused(settings.usernameIsEmail ? { email: [addressTaken] } : { username: [usernameTaken] })
  await context.login(user, settings.backend)
  return goTo(context.redirectToNext(settings.loginRedirectUrl, form).location)
}

/** The name is checked after the form's own rules, as by the validator of Django's model. */
const withNameProblem = (sent: Submission): Submission => {
  const { username } = sent.values
  return username === undefined || isUsername(username)
    ? sent
    : { ...sent, problems: withProblems(sent.problems, "username", [usernameInvalid]) }
}

/** The page of a link that confirms the address of a new account: asks for the password, and logs in. */
export const verify: LinkFlow = {
  invalid: "verifyInvalid",
  opened: async (visit, { address, token, uid }) => {
    const { auth, context, field, form, settings } = visit
    if (form === undefined) return showForm("verify", passwordForm, undefined, undefined, { address })
    const sent = submit(passwordForm, field)
    const { password } = sent.values
    if (password === undefined) return showForm("verify", passwordForm, sent, sent.problems, { address })
    const done = await Effect.runPromise(auth.accounts.verifyEmail(uid, token, password, settings.backend))
    switch (done._tag) {
      case "LinkInvalid":
        return invalidLink(verify)
      case "PasswordWrong":
        return showForm("verify", passwordForm, sent, { password: [passwordIncorrect] }, { address })
      case "Verified":
        await closeLink(visit, "verify")
        await context.login(done.user, settings.backend)
        return goTo(settings.loginRedirectUrl)
      default:
        return done satisfies never
    }
  }
}
