/** The options with which an application handles failures: `onError` and `report`. */
import { expect, vi } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import { type Chapter, clause } from "./clause.ts"
import { cause, outage } from "./faults.ts"
import { mine } from "./replies.ts"
import type { Site } from "./site.ts"

/** The application's own answer: the name of the error. */
const named = (error: unknown, { url = "" }: { readonly url?: string | undefined }) => ({
  status: 507,
  headers: { "X-Page": /\/(\d+)[^/]*$/.exec(url)?.[1] ?? "", "Content-Type": "text/x-mine" },
  body: error instanceof Error ? error.name : "?"
})

export const ownAnswers: Chapter = {
  title: "onError",
  site: { http: { onError: named } },
  clauses: [
    clause(
      "onError gets an outage in a handler and replaces the answer",
      async ({ told, visit }) => {
        const reply = await visit(() => Promise.reject(new StoreUnavailable({ operation: "test", cause })))
        expect([reply.status, reply.body, reply.headers.get("content-type")]).toEqual([
          507,
          "StoreUnavailable",
          ["text/x-mine"]
        ])
        expect([reply.headers.get("x-page")?.join(), cookiesOf(reply)]).toEqual([expect.stringMatching(/^\d+$/), []])
        expect(told()).toHaveLength(1)
      },
      "onError"
    ),
    clause(
      "onError replaces the answer when the session could not be stored",
      async ({ stores, told, visit }) => {
        stores.beforeCommit = outage
        const reply = await visit(async ({ session }) => {
          await session.set("a", 1)
          return mine("text")
        })
        expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([507, "StoreUnavailable", []])
        expect([reply.headers.get("x-mine"), told().length]).toEqual([undefined, 1])
      },
      "onError"
    ),
    clause(
      "onError replaces the answer to a refused request",
      async ({ visit }) => {
        const reply = await visit(async () => ({}), { method: "POST" })
        expect([reply.status, reply.body]).toEqual([507, "CsrfFailed"])
      },
      "onError"
    ),
    clause(
      "onError replaces the answer to a bug",
      async ({ told, visit }) => {
        const reply = await visit(async () => {
          throw new TypeError("a bug")
        })
        expect([reply.status, reply.body, told()]).toEqual([507, "TypeError", [new TypeError("a bug")]])
      },
      "bugs"
    )
  ]
}

const breaks = (): never => {
  throw new Error("a bug in an option")
}

/** Keeps the expected failure out of the tests' output. */
const quietly = async (site: Site, check: () => Promise<void>): Promise<void> => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {})
  try {
    await check()
  } finally {
    error.mockRestore()
    site.told()
  }
}

export const brokenOptions: Chapter = {
  title: "onError and report that throw",
  site: { http: { onError: breaks, report: breaks } },
  clauses: [
    clause("the client gets an answer when a handler met an outage", (site) =>
      quietly(site, async () => {
        const reply = await site.visit(() => Promise.reject(new StoreUnavailable({ operation: "test", cause })))
        expect([reply.status >= 500, cookiesOf(reply)]).toEqual([true, []])
        expect(reply.body).not.toContain("a bug")
      })
    ),
    clause("the client gets an answer when the session could not be stored", (site) =>
      quietly(site, async () => {
        site.stores.beforeCommit = outage
        const reply = await site.visit(async ({ session }) => {
          await session.set("a", 1)
          return mine("text")
        })
        expect([reply.status >= 500, cookiesOf(reply), reply.headers.get("x-mine")]).toEqual([true, [], undefined])
      })
    ),
    clause("the client gets an answer when a handler has a bug", (site) =>
      quietly(site, async () => {
        const reply = await site.visit(async () => {
          throw new Error("a bug")
        })
        expect(reply.status).toBe(500)
      })
    )
  ]
}
