import { type Context, type Form, field } from "./handler.ts"

/** @returns whether user name and password were right */
export const logIn = async ({ authenticate, login, session }: Context, form: Form): Promise<boolean> => {
  const user = await authenticate({ username: field(form, "username"), password: field(form, "password") })
  if (!user) return false
  await login(user)
  // null: as the settings say, two weeks by default. 0: until the browser closes.
  await session.setExpiry(field(form, "remember") === "on" ? null : 0)
  return true
}
