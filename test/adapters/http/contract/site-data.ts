/** `Clear-Site-Data` and partitioned cookies, both off by default. */
import { expect } from "vitest"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { Handler } from "./adapter.ts"
import { type Chapter, clause } from "./clause.ts"
import { authenticated } from "./site.ts"

const https = "X-Forwarded-Proto: https"
const logOut: Handler = async ({ logout }) => {
  await logout()
  return { body: "bye" }
}

export const siteData: Chapter = {
  title: "a logout that clears the site's data",
  site: { auth: { secureProxyHeader: ["X-Forwarded-Proto", "https"], clearSiteData: ["cookies", "storage"] } },
  clauses: [
    clause(
      "a logout over https asks the browser to clear, and deletes the session cookie as well",
      async (site) => {
        const { line } = await site.logIn()
        const reply = await site.visit(logOut, { lines: [line, https] })
        expect([reply.status, reply.body]).toEqual([200, "bye"])
        expect(reply.headers.get("clear-site-data")).toEqual(['"cookies", "storage"'])
        expect(cookiesOf(reply).join()).toContain('sessionid=""')
      },
      "https"
    ),
    clause("a logout over http, and a request that does not log out, ask nothing", async (site) => {
      const { line } = await site.logIn()
      const read = await site.visit(async ({ getUser }) => ({ body: `${(await getUser())?.username}` }), {
        lines: [line, https]
      })
      const plain = await site.visit(logOut, { lines: [line] })
      expect([read, plain].map(({ headers }) => headers.get("clear-site-data"))).toEqual([undefined, undefined])
    }),
    clause("a logout with a login after it asks nothing", async (site) => {
      const { line } = await site.logIn()
      const again: Handler = async (context) => {
        await context.logout()
        await authenticated(context)
        return {}
      }
      const reply = await site.visit(again, { lines: [line, https] })
      expect([reply.status, reply.headers.get("clear-site-data")]).toEqual([200, undefined])
    })
  ]
}

export const partitioned: Chapter = {
  title: "partitioned cookies",
  site: {
    auth: {
      sessionCookie: { secure: true, sameSite: "None", partitioned: true },
      csrfCookie: { secure: true, sameSite: "None", partitioned: true }
    }
  },
  clauses: [
    clause("both cookies are partitioned, and so is the line that deletes one", async (site) => {
      const page = await site.visit(async (context) => {
        await authenticated(context)
        return { body: await context.getCsrfToken() }
      })
      const set = cookiesOf(page)
      expect(set.map((cookie) => /(^\w+).*; Partitioned(;|$)/.exec(cookie)?.[1]).sort()).toEqual([
        "csrftoken",
        "sessionid"
      ])
      const line = `Cookie: ${set.map((cookie) => cookie.split(";", 1)[0]).join("; ")}`
      const [deleted = ""] = cookiesOf(await site.visit(logOut, { lines: [line] }))
      expect(deleted).toMatch(/^sessionid=("")?;.*Max-Age=0/)
      for (const attribute of ["Partitioned", "Secure", "SameSite=None"]) expect(deleted).toContain(attribute)
    })
  ]
}
