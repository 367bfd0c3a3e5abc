import { auth } from "./auth.ts"
import { type Context, type Form, field } from "./handler.ts"

/** Why there is no new account: the status of the answer, and the messages for the form. */
export interface Refusal {
  readonly status: number
  readonly messages: ReadonlyArray<string>
}

/** Creates an account and logs its user in. @returns `undefined` if that was done */
export const signUp = async ({ login }: Context, form: Form): Promise<Refusal | undefined> => {
  const [username, password] = [field(form, "username"), field(form, "password")]
  if (!/^[\w.@+-]{1,150}$/.test(username))
    return { status: 400, messages: ["A user name has 1 to 150 letters, digits and @ . + - _."] }

  const problems = await auth.validatePassword(password, { username }) // createUser does not call it
  if (problems.length > 0) return { status: 400, messages: problems.map(({ message }) => message) }

  const user = await auth.createUser({ username, password })
  if (user === undefined) return { status: 409, messages: ["A user with that user name already exists."] }

  await login(user)
  return undefined
}
