import { auth } from "./auth.ts"
import { type Context, type Form, field } from "./handler.ts"

/** Ends all sessions of the user except this one. @returns whether the password was right */
export const signOutEverywhere = async (context: Context, form: Form): Promise<boolean> => {
  const { requireUser, setPassword, updateSessionAuthHash } = context
  const user = await requireUser()
  const password = field(form, "password")
  if (!(await auth.checkPassword(user, password))) return false
  await setPassword(user, password) // the same password with a new salt, so another hash
  await updateSessionAuthHash(user) // leave this out to end this session too
  return true
}
