import { auth } from "./auth.ts"
import { type Context, type Form, field } from "./handler.ts"

/** @returns what to show above the form; nothing when it succeeded */
export const changePassword = async (context: Context, form: Form): Promise<ReadonlyArray<string>> => {
  const { requireUser, setPassword, updateSessionAuthHash } = context
  const user = await requireUser()
  if (!(await auth.checkPassword(user, field(form, "old")))) return ["Your old password was entered incorrectly."]
  const password = field(form, "new")
  const problems = await auth.validatePassword(password, user)
  if (problems.length > 0) return problems.map(({ message }) => message)
  await setPassword(user, password) // ends all sessions of the user,
  await updateSessionAuthHash(user) // except this one
  return []
}
