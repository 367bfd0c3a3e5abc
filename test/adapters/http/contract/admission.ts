/** `loginRequired`: pages for users only. */
import { expect } from "vitest"
import { ask, cookiesOf, request } from "../../../full-stack/wire.ts"
import type { Handler } from "./adapter.ts"
import { type Chapter, clause } from "./clause.ts"
import { outage } from "./faults.ts"
import { varyOf } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

const page: Handler = async ({ getUser, session }) => {
  await session.set("a", 1)
  return { body: (await getUser())?.username ?? "anonymous" }
}

export const admission: Chapter = {
  title: "loginRequired for some pages",
  site: { http: { loginRequired: ({ url = "" }) => url.includes("closed") } },
  clauses: [
    clause("an anonymous visitor is redirected to the login page, with the path in next", async ({ stores, visit }) => {
      const before = stores.sessions.rows.size
      const reply = await visit(page, { rest: "?closed" })
      expect(reply.status).toBe(302)
      expect(reply.headers.get("location")?.join()).toMatch(/^\/accounts\/login\/\?next=(\/|%2F)\d+%3Fclosed$/)
      expect([reply.headers.get("cache-control"), cookiesOf(reply), varyOf(reply)]).toEqual([
        ["no-store"],
        [],
        ["cookie"]
      ])
      expect(stores.sessions.rows.size).toBe(before)
    }),
    clause("a user gets the page, and the user is queried once", async ({ logIn, stores, visit }) => {
      const { line } = await logIn()
      stores.heal()
      expect((await visit(page, { rest: "?closed", lines: [line] })).body).toBe("alice")
      expect(stores.asked()).toEqual({ sessions: 1, users: 1 })
    }),
    clause("other pages are open to anonymous visitors", async ({ visit }) => {
      expect((await visit(page, { rest: "?open" })).body).toBe("anonymous")
    }),
    clause("CSRF is checked before the login", async ({ visit }) => {
      const reply = await visit(page, { method: "POST", rest: "?closed" })
      expect(reply.status).toBe(403)
    }),
    clause("the answer is 503 when the user cannot be queried", async ({ logIn, stores, told, visit }) => {
      const { line } = await logIn()
      stores.beforeLoad = outage
      expectUnavailable(await visit(page, { rest: "?closed", lines: [line] }))
      expect(told()).toHaveLength(1)
    })
  ]
}

export const usersOnly: Chapter = {
  title: "loginRequired for all pages",
  // The first page that is asked for is at /0.
  site: { auth: { loginUrl: "/0/login" }, http: { loginRequired: true } },
  clauses: [
    clause("an anonymous visitor gets only the login page, at exactly its path", async ({ port, visit }) => {
      expect((await visit(page, { rest: "/login?next=%2F0" })).body).toBe("anonymous")
      for (const target of ["/0", "/0/lo%67in", "/0%2Flogin", "/0?/0/login", "//0/login"]) {
        const { headers, status } = await ask(port, request("GET", target))
        expect([target, status, headers.get("location")]).toEqual([
          target,
          302,
          [expect.stringMatching(/^\/0\/login\?next=/)]
        ])
      }
    }),
    clause(
      "the login path with a slash at its end is not the login page",
      async ({ port }) => expect((await ask(port, request("GET", "/0/login/"))).status).toBe(302),
      "slashes"
    )
  ]
}
