"use server"

import { accountAction } from "latchkey/next/account-actions"
import { accountOptions } from "../../lib/account-options"
import { auth } from "../../lib/auth"

export const setPassword = accountAction(auth, "passwordResetConfirm", accountOptions)
export const createAccount = accountAction(auth, "verify", accountOptions)
export const changeAddress = accountAction(auth, "emailConfirm", accountOptions)
