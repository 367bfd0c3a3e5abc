/** The hostile requests and rows of `test/corpus`, on the other examples: the answers are those of the first one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { recordCases } from "../corpus/recording.ts"
import { startExample } from "../rig/example.ts"
import { type MailServer, startMailServer } from "../rig/mail-server.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import type { Service } from "../rig/services.ts"
import { hostileAccountForms } from "./hostile-account-forms.ts"
import { hostileAccounts } from "./hostile-accounts.ts"
import { hostileClients, httpsBehindProxy } from "./hostile-clients.ts"
import { hostileCookies } from "./hostile-cookies.ts"
import { hostileForms } from "./hostile-forms.ts"
import { hostileRows } from "./hostile-rows.ts"
import { hostileStrict, strict } from "./hostile-strict.ts"
import { type Host, loggedIn, type Site, secretKey, startSite, whoIs } from "./site.ts"

/** @param entry the file that starts the example. @param needs are named in the test file, where CI looks for them */
export const badInputOn = (entry: string, ...needs: ReadonlyArray<Service>): void => {
  const isAvailable = needs.every(({ available }) => available)
  describe.skipIf(!isAvailable)(`${entry}, given`, () => {
    let server: PostgresServer
    let site: Site
    let mails: MailServer
    let host: Host
    let example: Awaited<ReturnType<typeof startExample>>

    beforeAll(async () => {
      server = await startPostgres()
      site = await startSite({ url: server.url, max: 2 })
      mails = await startMailServer()
      example = await startExample({
        entry,
        databaseUrl: server.url,
        secretKey,
        passwordIterations: 1,
        env: { ...httpsBehindProxy, SMTP_URL: `smtp://127.0.0.1:${mails.port}` }
      })
      host = { ...site, url: example.url, port: Number(new URL(example.url).port) }
    })
    afterAll(async () => {
      await example?.stop()
      await mails?.close()
      await site?.stop()
      await server?.stop()
    })

    const cases = recordCases()
    hostileCookies(() => host, cases, entry.includes("next") ? ["B385"] : [])
    hostileRows(() => host, cases)
    hostileForms(() => host, cases)
    hostileClients(() => host, cases)
    hostileAccounts(() => host, cases)
    hostileAccountForms(
      () => host,
      () => mails,
      cases
    )

    hostileStrict(
      () => host,
      () => startExample({ entry, databaseUrl: server.url, secretKey, ...strict }),
      cases
    )

    cases.isComplete("site")
    cases.isComplete("account pages")
    cases.isComplete("https")
    cases.isComplete("strict settings")

    it("after all this, users can still log in, and no bug was reported", async () => {
      expect(await whoIs(host, await loggedIn(host, "alice"))).toBe("alice")
      const bugs = example.output().match(/^\S*Error.*$/gm) ?? []
      expect(bugs.filter((bug) => !/maximumSessionBytes/.test(bug))).toEqual([])
    })
  })
}
