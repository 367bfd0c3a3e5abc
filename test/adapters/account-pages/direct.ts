/** Calls the account pages as an adapter does, without HTTP: nothing but store calls takes turns. */

import { accountPages } from "../../../src/adapters/account-pages/account-pages.ts"
import type { AccountPagesOptions } from "../../../src/adapters/account-pages/visit/account-options.ts"
import type { AccountWork } from "../../../src/adapters/account-pages/visit/account-request.ts"
import type { AnyFields } from "../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../src/adapters/store/memory.ts"
import type { RequestHead } from "../../../src/core/http/request/request-head.ts"
import type { Browser } from "../../../src/testing/browser/browser.ts"
import type { TestSite } from "../../../src/testing/site/test-site.ts"

export interface DirectAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly cookies: ReadonlyArray<string>
  readonly work: ReadonlyArray<AccountWork>
}

/** The account pages of a site, whose mails are collected. */
export const directPages = <Name extends string>(
  site: TestSite<Name, AnyFields>,
  options: AccountPagesOptions = {}
) => {
  const mails: Array<string> = []
  const lostMails: Array<string> = []
  const pages = accountPages<MemoryUser, AnyFields>(site.auth, {
    ...options,
    signUp: true,
    mail: {
      send: async ({ mail }) => {
        mails.push(mail.text)
        return true
      },
      drain: async () => {}
    }
  })
  const send = async (
    browser: Browser,
    path: string,
    form?: Readonly<Record<string, string>>,
    accept = "text/html"
  ): Promise<DirectAnswer> => {
    const head: RequestHead = {
      method: form === undefined ? "GET" : "POST",
      target: path,
      headers: [
        ["Host", "localhost"],
        ["Accept", accept],
        ["Cookie", browser.header]
      ],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    }
    const request = site.auth.open(head)
    await request.enter({ exempt: () => true, body: undefined, loginRequired: undefined })
    const response = await pages.respond({
      head,
      context: request.context,
      form: async () => ({ _tag: "Form", fields: form ?? {} })
    })
    const { cookies } = await request.respond(response.status)
    browser.store(cookies)
    return { ...response, cookies }
  }
  const carryOut = (work: AccountWork): Promise<void> =>
    pages.carryOut(work, (lost) => void lostMails.push(lost.message))
  /** One form after the other, so that each gets the link in its own mail. */
  let previous: Promise<unknown> = Promise.resolve()
  return {
    carryOut,
    mails,
    lostMails,
    send,
    /** Sends a form whose answer has mails. @returns the path of the link in the last of them */
    linkBy: (browser: Browser, path: string, form: Readonly<Record<string, string>>): Promise<string> => {
      const found = previous.then(async () => {
        const { work } = await send(browser, path, form)
        for (const each of work) await carryOut(each)
        const [link = ""] = /https?:\/\/\S+/.exec(mails.at(-1) ?? "") ?? []
        return new URL(link).pathname
      })
      previous = found.catch(() => {})
      return found
    },
    /** Opens a link. @returns the path of its page; `""` if the link is refused */
    open: async (browser: Browser, link: string): Promise<string> =>
      (await send(browser, link)).headers["location"] ?? ""
  }
}
