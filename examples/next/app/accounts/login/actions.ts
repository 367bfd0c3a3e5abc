"use server"
import { submitLogin } from "../../../../site/forms/login.ts"
import { formAction } from "../../../lib/form-action.ts"

export const logIn = formAction({ page: "/accounts/login/" }, submitLogin)
