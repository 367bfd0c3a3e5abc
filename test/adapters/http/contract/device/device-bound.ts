/** Sessions that are bound to a device. */
import { expect } from "vitest"
import { type Chapter, clause } from "../clause.ts"
import { keyIn } from "../site.ts"
import { closing } from "./closed-sessions.ts"
import { exchanges } from "./device-exchanges.ts"
import { copied, deletes, fromElsewhere, https, short, siteWith, who } from "./device-visitor.ts"
import { wrongMessages } from "./wrong-messages.ts"

export const deviceBound: Chapter = {
  title: "device-bound sessions",
  site: siteWith("enforce"),
  clauses: [...exchanges, ...wrongMessages, ...closing].map((one) => ({ ...one, needs: "https" as const }))
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
