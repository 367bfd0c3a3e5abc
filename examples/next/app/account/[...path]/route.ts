/** The account pages that latchkey comes with. */
import { nextAccounts } from "latchkey/next/accounts"
import { accountPages } from "../../../../site/account-pages.ts"
import { auth, mail } from "../../../lib/application.ts"

export const { GET, POST } = nextAccounts(auth, accountPages(mail))
