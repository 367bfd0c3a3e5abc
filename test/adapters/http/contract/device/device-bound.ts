/** Sessions that are bound to a device. */
import { expect } from "vitest"
import { type Chapter, type Clause, clause } from "../clause.ts"
import { keyIn } from "../site.ts"
import { closing } from "./closed-sessions.ts"
import { exchanges } from "./device-exchanges.ts"
import { copied, deletes, fromElsewhere, https, short, siteWith, who } from "./device-visitor.ts"
import { unboundEnds, unboundStays } from "./unbound-sessions.ts"
import { wrongMessages } from "./wrong-messages.ts"

const overHttps = (clauses: ReadonlyArray<Clause>): ReadonlyArray<Clause> =>
  clauses.map((one) => ({ ...one, needs: "https" }))

export const deviceBound: Chapter = {
  title: "device-bound sessions",
  site: siteWith("enforce"),
  clauses: overHttps([...exchanges, ...wrongMessages, ...closing])
}

export const deviceOnly: Chapter = {
  title: "device-bound sessions where unbound ones end",
  site: siteWith("enforce", "end"),
  clauses: overHttps(unboundEnds)
}

export const deviceOnlyObserved: Chapter = {
  title: "device-bound sessions where unbound ones would end, only observed",
  site: siteWith("observe", "end"),
  clauses: overHttps(unboundStays)
}

export const deviceObserved: Chapter = {
  title: "device-bound sessions that are only observed",
  site: siteWith("observe"),
  clauses: [
    clause(
      "a session without its proof is used all the same, and a stale short cookie is deleted",
      async (site) => {
        const browser = await copied(site)
        expect((await site.visit(who, { lines: [...browser.long, ...fromElsewhere] })).body).toBe('["alice",false]')
        const written = await site.visit(
          async ({ deviceVerdict, session }) => {
            await session.set("cart", [1])
            return { body: (await deviceVerdict()) ?? "none" }
          },
          { lines: [https, `Cookie: sessionid=${browser.key}; ${short}=stale`] }
        )
        expect([written.body, keyIn(written), deletes(written, short)]).toEqual(["Unproven", browser.key, true])
      },
      "https"
    )
  ]
}
