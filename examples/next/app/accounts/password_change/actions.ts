"use server"
import { submitPasswordChange } from "../../../../site/forms/password-change.ts"
import { auth } from "../../../lib/application.ts"
import { formAction } from "../../../lib/form-action.ts"

export const changePassword = formAction(
  { page: "/accounts/password_change/", loginRequired: true },
  async (context, fields) => {
    const user = await context.getUser()
    if (user === undefined) throw new Error("whoever may call this is logged in")
    return submitPasswordChange(auth(), context, user, fields)
  }
)
