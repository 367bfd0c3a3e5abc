import type { SiteContext } from "../endpoints.ts"
import { last } from "../request.ts"
import { again, required, type Submitted } from "./form-state.ts"

/** Logs in, then redirects to the URL in the field `next` if it is safe. */
export const submitLogin = async (context: SiteContext, fields: URLSearchParams): Promise<Submitted> => {
  // The user name is cleaned as in Django's form. The password is not changed.
  const username = (last(fields, "username") ?? "").trim().normalize("NFKC")
  const password = last(fields, "password") ?? ""
  const problems = [
    ...required("username", username, "Enter your username."),
    ...required("password", password, "Enter your password.")
  ]
  if (problems.length > 0) return again(problems, { username })

  const user = await context.authenticate({ username, password })
  // The message does not say whether the user name or the password was wrong.
  if (user === undefined) return again([{ field: undefined, message: "Username or password is wrong." }], { username })
  await context.login(user)
  return { _tag: "Done", location: context.redirectToNext("/accounts/profile/", fields).location }
}
