"use server"

import { accountAction } from "latchkey/next/account-actions"
import { accountOptions } from "../../lib/account-options"
import { auth } from "../../lib/auth"

export const endSession = accountAction(auth, "sessions", accountOptions)
export const logOut = accountAction(auth, "logout", accountOptions)
