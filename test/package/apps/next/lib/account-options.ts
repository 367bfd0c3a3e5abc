import { mailQueue } from "latchkey"
import type { NextAccountsOptions } from "latchkey/next/accounts"
import { basePath } from "./base-path"

declare global {
  /** The texts of the mails that were sent so far. */
  var mails: Array<string> | undefined
}

const mail = mailQueue({
  send: async ({ text }) => {
    globalThis.mails = [...(globalThis.mails ?? []), text]
  }
})

export const accountOptions: NextAccountsOptions = {
  mail,
  signUp: true,
  trailingSlash: basePath !== "",
  loginRedirectUrl: `${basePath}/account`
}
