/** Users end their own account: they deactivate or delete it. Both ask for the password. */
import * as Effect from "effect/Effect"
import {
  accountReferenced,
  type FormProblems,
  passwordForm,
  passwordIncorrect,
  submit
} from "../../../core/accounts/forms/account-form.ts"
import { StillReferenced } from "../../errors/errors.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type Flow, type Outcome, showForm, type Visit } from "../visit/visit.ts"
import { askingForPassword } from "./password-flow.ts"

/** The account stays, but its user cannot log in, and all its sessions are anonymous. */
export const deactivate: Flow = askingForPassword((visit, user) =>
  ended(visit, user, ["deactivate", "deactivated"], async () => {
    await Effect.runPromise(visit.auth.accounts.setActive(user, false, visit.settings.backend))
    return undefined
  })
)

/** Deletes the account, unless rows of other tables refer to it. */
export const remove: Flow = askingForPassword((visit, user) =>
  ended(visit, user, ["delete", "deleted"], async () => {
    try {
      await Effect.runPromise(visit.auth.accounts.deleteUser(user, visit.settings.backend))
      return undefined
    } catch (error) {
      if (error instanceof StillReferenced) return { __all__: [accountReferenced] }
      throw error
    }
  })
)

/** @param end returns the problems because of which nothing was done */
const ended = async <User extends object, Fields extends SessionFields>(
  { context, field, form }: Visit<User, Fields>,
  user: User,
  [page, done]: readonly ["deactivate", "deactivated"] | readonly ["delete", "deleted"],
  end: () => Promise<FormProblems | undefined>
): Promise<Outcome> => {
  if (form === undefined) return showForm(page, passwordForm)
  const sent = submit(passwordForm, field)
  const { password } = sent.values
  if (password === undefined) return showForm(page, passwordForm, sent, sent.problems)
  if (!(await context.checkPassword(user, password)))
    return showForm(page, passwordForm, sent, { password: [passwordIncorrect] })
  const problems = await end()
  if (problems !== undefined) return showForm(page, passwordForm, sent, problems)
  await context.logout()
  return { _tag: "Show", page: done }
}
