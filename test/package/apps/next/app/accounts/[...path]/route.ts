import { nextAccounts } from "latchkey/next/accounts"
import { accountOptions } from "../../../lib/account-options"
import { auth } from "../../../lib/auth"

export const { GET, POST } = nextAccounts(auth, accountOptions)
