import { mailQueue } from "latchkey"
import { nextAccounts } from "latchkey/next/accounts"
import { auth } from "../../../lib/auth"
import { basePath } from "../../../lib/base-path"

declare global {
  /** The texts of the mails that were sent so far. */
  var mails: Array<string> | undefined
}

const mail = mailQueue({
  send: async ({ text }) => {
    globalThis.mails = [...(globalThis.mails ?? []), text]
  }
})

export const { GET, POST } = nextAccounts(auth, {
  mail,
  trailingSlash: basePath !== "",
  loginRedirectUrl: `${basePath}/account`
})
