import { Core } from "latchkey"
import { auth } from "./auth.ts"
import { type Context, type Form, field } from "./handler.ts"

/** Creates a user and logs it in. @returns what to show above the form; nothing when it succeeded */
export const signUp = async ({ login }: Context, form: Form): Promise<ReadonlyArray<string>> => {
  const [username, email, password] = [field(form, "username"), field(form, "email"), field(form, "password")]
  if (!Core.isUsername(username)) return ["A user name consists of letters, digits and @ . + - _ only."]
  const problems = await auth.validatePassword(password, { username, email })
  if (problems.length > 0) return problems.map(({ message }) => message)
  const user = await auth.createUser({ username, email, password })
  if (!user) return ["This user name is taken."]
  await login(user)
  return []
}
