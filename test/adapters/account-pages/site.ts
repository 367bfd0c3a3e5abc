/** A site in memory with the account pages, on connect. */
import connect from "connect"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { type ConnectAccountsOptions, connectAccounts } from "../../../src/adapters/http/node/node-accounts.ts"
import type { NodeRequest, NodeResponse } from "../../../src/adapters/http/node.ts"
import { connectAuth, type WithAuth } from "../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../src/adapters/store/memory.ts"
import type { Browser } from "../../../src/testing/browser/browser.ts"
import { listener } from "../../../src/testing/browser/listener.ts"
import { type TestSiteOptions, testSite } from "../../../src/testing/site/test-site.ts"

/** Users: alice and bob are active, ghost is not. */
export const people = { alice: {}, bob: {}, ghost: { isActive: false } } as const

/** A mail as the queue got it. */
export interface SentMail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export const accountSite = (
  options: Omit<ConnectAccountsOptions, "mail"> = {},
  siteOptions: Omit<TestSiteOptions<typeof people, AnyFields>, "users"> = {}
) => {
  const site = testSite({ ...siteOptions, users: people })
  const mails: Array<SentMail> = []
  const mail: ConnectAccountsOptions["mail"] = {
    send: async (outgoing) => {
      mails.push(outgoing.mail)
      return true
    },
    drain: async () => {}
  }
  const app = connect()
  app.use(connectAccounts(site.auth, { ...options, mail }))
  app.use(connectAuth(site.auth))
  app.use((req: NodeRequest & Partial<WithAuth<MemoryUser, AnyFields>>, res: NodeResponse) => {
    req.auth?.getUser().then(
      (user) => res.end(user?.username ?? "anonymous"),
      () => res.end("failed")
    )
  })
  const target = listener(app)
  return {
    ...site,
    app,
    target,
    mails,
    /** A user as currently stored. */
    stored: (username: string) => Effect.runSync(site.stores.users.findByUsername(username))?.user,
    /** The path of the link in the last mail, once `count` mails were sent. */
    linkOf: async (count = 1): Promise<string> => {
      await expect.poll(() => mails.length).toBe(count)
      const [link = ""] = /https?:\/\/\S+/.exec(mails.at(-1)?.text ?? "") ?? []
      return new URL(link).pathname
    },
    /** The name of the user that the browser is logged in as, or `anonymous`. */
    whoIs: async (browser: Browser): Promise<string> => (await browser.fetch(target, "/whoami")).text(),
    get: (browser: Browser, path: string, headers: Readonly<Record<string, string>> = {}) =>
      browser.fetch(target, path, { headers }),
    post: (
      browser: Browser,
      path: string,
      form: Readonly<Record<string, string>>,
      headers: Readonly<Record<string, string>> = {}
    ) => browser.fetch(target, path, { form, headers })
  }
}

export type AccountSite = ReturnType<typeof accountSite>

/** What a client sends that asks for JSON. */
export const asJson = { accept: "application/json" }

/** The codes of the problems by field, in the answer to a refused form. */
export const codesOf = async (response: Response): Promise<Readonly<Record<string, ReadonlyArray<string>>>> => {
  expect(response.status).toBe(400)
  const { errors }: { readonly errors: Readonly<Record<string, ReadonlyArray<{ readonly code: string }>>> } =
    JSON.parse(await response.text())
  return Object.fromEntries(Object.entries(errors).map(([field, found]) => [field, found.map(({ code }) => code)]))
}
