"use server"
import { submitPasswordChange } from "../../../../site/forms/password-change.ts"
import { auth } from "../../../lib/application.ts"
import { formAction } from "../../../lib/form-action.ts"

export const changePassword = formAction({ page: "/accounts/password_change/" }, async (context, fields) =>
  submitPasswordChange(auth(), context, await context.requireUser(), fields)
)
