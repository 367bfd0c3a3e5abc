/** Cookies and Vary: every attribute, each line once, together with the handler's own headers. */
import { expect } from "vitest"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { authenticated, keyIn, meaningOf, shapeOf, varyOf } from "./site.ts"

const session = "sessionid=…; expires=DUE; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"
const csrf = "csrftoken=…; expires=DUE; Max-Age=31449600; Path=/; SameSite=Lax"
const deleted = 'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax'

const meant = (cookies: ReadonlyArray<string>): ReadonlyArray<string> => cookies.map(meaningOf).sort()

const writes: Handler = async ({ session }) => {
  await session.set("a", 1)
  return { body: "text" }
}

const both: Handler = async ({ getCsrfToken, session }) => {
  await session.set("a", 1)
  return { body: await getCsrfToken() }
}

/** The handler's Vary header, and the one that is sent. */
const varies = (given: ReadonlyArray<string>, expected: ReadonlyArray<string>): Clause =>
  clause(`Cookie is added to the handler's Vary ${JSON.stringify(given)}`, async ({ visit }) => {
    const reply = await visit(async ({ session }) => {
      await session.set("a", 1)
      return { headers: given.map((value) => ["Vary", value]), body: "text" }
    })
    expect(varyOf(reply)).toEqual(expected)
  })

export const cookies: Chapter = {
  title: "cookies and Vary",
  clauses: [
    clause(
      "the session cookie has all its attributes, and the key of the stored session",
      async ({ dataOf, visit }) => {
        const reply = await visit(writes)
        expect([reply.status, reply.body, varyOf(reply)]).toEqual([200, "text", ["cookie"]])
        expect(meant(cookiesOf(reply))).toEqual(meant([session]))
        expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
      }
    ),
    clause("the CSRF cookie has all its attributes, and is sent when the handler gets a token", async ({ visit }) => {
      const reply = await visit(async ({ getCsrfToken }) => ({ body: await getCsrfToken() }))
      expect(meant(cookiesOf(reply))).toEqual(meant([csrf]))
      expect(reply.body).toMatch(/^[a-zA-Z0-9]{64}$/)
      expect(varyOf(reply)).toEqual(["cookie"])
    }),
    clause("the CSRF cookie is sent when the handler calls ensureCsrfCookie", async ({ visit }) => {
      const reply = await visit(async ({ ensureCsrfCookie }) => {
        await ensureCsrfCookie()
        return {}
      })
      expect(meant(cookiesOf(reply))).toEqual(meant([csrf]))
    }),
    clause("the session cookie and the CSRF cookie are separate Set-Cookie lines", async ({ visit }) => {
      const reply = await visit(async (context) => {
        await authenticated(context)
        return { body: await context.getCsrfToken() }
      })
      expect(meant(cookiesOf(reply))).toEqual(meant([csrf, session]))
      expect(varyOf(reply)).toEqual(["cookie"])
    }),
    clause(
      "both cookies are byte for byte what Django sends",
      async ({ logIn, visit }) => {
        const { line } = await logIn()
        const out: Handler = async ({ logout }) => {
          await logout()
          return {}
        }
        expect(
          cookiesOf(await visit(both))
            .map(shapeOf)
            .sort()
        ).toEqual([csrf, session])
        expect(cookiesOf(await visit(out, { lines: [line] }))).toEqual([deleted])
      },
      "cookieBytes"
    ),
    clause("a logout deletes the session cookie", async ({ logIn, visit, whoIs }) => {
      const { key, line } = await logIn()
      const reply = await visit(
        async ({ logout }) => {
          await logout()
          return { body: "bye" }
        },
        { lines: [line] }
      )
      expect([reply.status, reply.body, varyOf(reply)]).toEqual([200, "bye", ["cookie"]])
      expect(meant(cookiesOf(reply))).toEqual(meant([deleted]))
      expect(await whoIs(key)).toBeUndefined()
    }),
    clause("the handler's cookies are sent unchanged, each on its own line", async ({ visit }) => {
      const mine = ["mine=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT", 'yours="a,b"; HttpOnly', "theirs=%20+"]
      const reply = await visit(async (context) => {
        await authenticated(context)
        return { headers: mine.map((line) => ["Set-Cookie", line]), body: "text" }
      })
      const lines = cookiesOf(reply)
      expect(lines.filter((line) => mine.includes(line))).toEqual(mine)
      expect(meant(lines.filter((line) => !mine.includes(line)))).toEqual(meant([csrf, session]))
    }),
    clause("the handler's cookies are sent when latchkey sends no cookie", async ({ visit }) => {
      const mine = ["mine=1", "yours=2"]
      const reply = await visit(async () => ({ headers: mine.map((line) => ["Set-Cookie", line]) }))
      expect([cookiesOf(reply), varyOf(reply)]).toEqual([mine, []])
    }),
    varies(["Accept"], ["accept", "cookie"]),
    varies(["Accept, Origin"], ["accept", "cookie", "origin"]),
    varies(["Accept", "Origin"], ["accept", "cookie", "origin"]),
    varies(["cookie"], ["cookie"]),
    varies(["Accept, COOKIE"], ["accept", "cookie"]),
    varies(["*"], ["*"]),
    clause(
      "no cookie and no Vary is sent when the handler neither reads nor writes the session",
      async ({ logIn, stores, visit }) => {
        const { line } = await logIn()
        stores.heal()
        for (const lines of [[], [line], [`Cookie: csrftoken=${"x".repeat(32)}; other=1`]]) {
          const reply = await visit(async () => ({ headers: [["Vary", "Accept"]], body: "text" }), { lines })
          expect([reply.body, cookiesOf(reply), varyOf(reply)]).toEqual(["text", [], ["accept"]])
        }
        expect([stores.asked(), stores.commits()]).toEqual([{ sessions: 0, users: 0 }, 0])
      }
    ),
    clause("Vary is sent, and no cookie, when the handler only reads the session", async ({ logIn, stores, visit }) => {
      const { line } = await logIn()
      stores.heal()
      for (const lines of [[], [line]]) {
        const reply = await visit(async ({ getUser }) => ({ body: (await getUser())?.username ?? "anonymous" }), {
          lines
        })
        expect([reply.body, cookiesOf(reply)]).toEqual([lines.length === 0 ? "anonymous" : "alice", []])
        expect(varyOf(reply)).toEqual(["cookie"])
      }
      expect(stores.commits()).toBe(0)
    }),
    clause("a cookie of one response is not sent with the next response", async ({ visit }) => {
      const kept: ReadonlyArray<readonly [string, string]> = [["Set-Cookie", "mine=1"]]
      const page: Handler = async ({ session }) => {
        await session.set("a", 1)
        return { headers: kept }
      }
      const keys = [keyIn(await visit(page)), keyIn(await visit(page))]
      expect(new Set(keys).size).toBe(2)
      expect(cookiesOf(await visit(page))).toHaveLength(2)
      expect(cookiesOf(await visit(async () => ({ headers: kept })))).toEqual(["mine=1"])
    })
  ]
}

const configured = [
  "__Secure-session=…; Domain=example.com; expires=DUE; HttpOnly; Max-Age=60; Path=/app; SameSite=None; Secure",
  "csrf=…; Domain=.example.com; HttpOnly; Path=/; Secure"
]

export const configuredCookies: Chapter = {
  title: "cookies with other settings",
  site: {
    auth: {
      sessionCookie: {
        name: "__Secure-session",
        path: "/app",
        domain: "example.com",
        secure: true,
        sameSite: "None",
        ageSeconds: 60
      },
      csrfCookie: {
        name: "csrf",
        domain: ".example.com",
        secure: true,
        httpOnly: true,
        sameSite: false,
        ageSeconds: null
      }
    }
  },
  clauses: [
    clause("every configured attribute is sent", async ({ visit }) => {
      const reply = await visit(both)
      expect(meant(cookiesOf(reply))).toEqual(meant(configured))
    }),
    clause(
      "every configured attribute is sent as Django sends it, byte for byte",
      async ({ visit }) => {
        expect(
          cookiesOf(await visit(both))
            .map(shapeOf)
            .sort()
        ).toEqual(configured)
      },
      "cookieBytes"
    )
  ]
}
