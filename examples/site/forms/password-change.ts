import type { DjangoUser } from "latchkey/postgres"
import type { SiteAuth } from "../application.ts"
import type { SiteContext } from "../endpoints.ts"
import { last } from "../request.ts"
import { again, required, type Submitted } from "./form-state.ts"

/** The help text for `passwordValidators`. */
export const passwordRules: ReadonlyArray<string> = [
  "At least 8 characters.",
  "Not a commonly used password.",
  "Not digits alone.",
  "Not similar to your name or your email address."
]

/** The session's key for a message that is shown once. */
export const noticeKey = "notice"

/** Changes the password. This session stays valid; the user's other sessions end. */
export const submitPasswordChange = async (
  auth: SiteAuth,
  { session, setPassword, updateSessionAuthHash }: SiteContext,
  user: DjangoUser,
  fields: URLSearchParams
): Promise<Submitted> => {
  const [old = "", replacement = "", repeated = ""] = ["old_password", "new_password1", "new_password2"].map((name) =>
    last(fields, name)
  )
  const missing = [
    ...required("old_password", old, "Enter your old password."),
    ...required("new_password1", replacement, "Enter a new password."),
    ...required("new_password2", repeated, "Enter the new password again.")
  ]
  if (missing.length > 0) return again(missing)

  const problems = [
    ...((await auth.checkPassword(user, old))
      ? []
      : [{ field: "old_password", message: "This is not your old password." }]),
    ...(await auth.validatePassword(replacement, user)).map(({ message }) => ({ field: "new_password1", message })),
    ...(replacement === repeated
      ? []
      : [{ field: "new_password2", message: "This is not the same as the new password." }])
  ]
  if (problems.length > 0) return again(problems)

  await setPassword(user, replacement)
  await updateSessionAuthHash(user)
  await session.set(noticeKey, "Your password was changed. Your other sessions have ended.")
  return { _tag: "Done", location: "/accounts/profile/" }
}
