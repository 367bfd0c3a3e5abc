import type { SiteContext } from "../endpoints.ts"
import { last } from "../request.ts"
import { again, required, type Submitted } from "./form-state.ts"

/** Logs in, and goes on to where the client asked to go: the field `next`, if that is safe. */
export const submitLogin = async (context: SiteContext, fields: URLSearchParams): Promise<Submitted> => {
  // As Django's form reads a username. A password is taken as it is.
  const username = (last(fields, "username") ?? "").trim().normalize("NFKC")
  const password = last(fields, "password") ?? ""
  const problems = [
    ...required("username", username, "Enter your username."),
    ...required("password", password, "Enter your password.")
  ]
  if (problems.length > 0) return again(problems, { username })

  const user = await context.authenticate({ username, password })
  // Which of the two it was is nobody's business.
  if (user === undefined) return again([{ field: undefined, message: "Username or password is wrong." }], { username })
  await context.login(user)
  return { _tag: "Done", location: context.redirectToNext("/accounts/profile/", fields).location }
}
