/** Hostile requests and hostile database rows: no request is authenticated by them, and the server does not crash. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { recordCases } from "../corpus/recording.ts"
import { startExample } from "../rig/example.ts"
import { type MailServer, startMailServer } from "../rig/mail-server.ts"
import { service } from "../rig/services.ts"
import { type Database, engines } from "./databases.ts"
import { hostileAccountForms } from "./hostile-account-forms.ts"
import { hostileAccounts } from "./hostile-accounts.ts"
import { hostileBodies } from "./hostile-bodies.ts"
import { hostileClients, httpsBehindProxy } from "./hostile-clients.ts"
import { hostileCookies } from "./hostile-cookies.ts"
import { hostileForms } from "./hostile-forms.ts"
import { hostileRows } from "./hostile-rows.ts"
import { hostileStrict, strict } from "./hostile-strict.ts"
import { hostileTargets } from "./hostile-targets.ts"
import { type Host, loggedIn, type Site, secretKey, startSite, whoIs } from "./site.ts"

for (const engine of engines(service("postgres")))
  describe.skipIf(!engine.available)(`the example on ${engine.name}, given`, () => {
    let database: Database
    let site: Site
    let mails: MailServer
    let host: Host
    const stops: Array<() => Promise<void>> = []
    /** The errors that the application reported as its own bugs. */
    let bugs: () => ReadonlyArray<unknown>

    beforeAll(async () => {
      database = await engine.start()
      stops.push(database.stop)
      site = await startSite({ url: database.url, max: database.max })
      stops.push(site.stop)
      if (engine.name === "PGlite") {
        // The pool has one connection only, so the example's endpoints run in this process.
        host = site
        bugs = () => site.bugs
        return
      }
      mails = await startMailServer()
      stops.push(mails.close)
      const example = await startExample({
        databaseUrl: database.url,
        secretKey,
        passwordIterations: 1,
        env: { ...httpsBehindProxy, SMTP_URL: `smtp://127.0.0.1:${mails.port}` }
      })
      stops.push(example.stop)
      host = { ...site, url: example.url, port: Number(new URL(example.url).port) }
      bugs = () => example.output().match(/^\S*Error.*$/gm) ?? []
    })
    afterAll(async () => {
      for (const stop of stops.reverse()) await stop()
    })

    hostileTargets(() => host)
    hostileBodies(
      () => host,
      () => bugs().filter((bug) => !String(bug).includes("status code"))
    )
    const cases = recordCases()
    hostileCookies(() => host, cases)
    hostileRows(() => host, cases)
    hostileForms(() => host, cases)
    // The endpoints in this process have no account pages, and are behind no proxy.
    if (engine.name === "PostgreSQL") {
      hostileAccounts(() => host, cases)
      hostileAccountForms(
        () => host,
        () => mails,
        cases
      )
      hostileClients(() => host, cases)
      hostileStrict(
        () => host,
        () => startExample({ databaseUrl: database.url, secretKey, ...strict }),
        cases
      )
      cases.isComplete("site")
      cases.isComplete("account pages")
      cases.isComplete("https")
      cases.isComplete("strict settings")
    }

    it("after all this, users can still log in, and no bug was reported", async () => {
      expect(await whoIs(host, await loggedIn(host, "alice"))).toBe("alice")
      // Node refuses some of the statuses that /fail was asked for; sessions that are too large are an outage.
      expect(bugs().filter((bug) => !/status code|maximumSessionBytes/.test(String(bug)))).toEqual([])
    })
  })
