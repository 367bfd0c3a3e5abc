/** While the store is unavailable: 503, no part of the handler's response, no cookie. Users stay logged in. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import { BackendUnavailable, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { parse, type SessionKey } from "../../../../src/core/session-key.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { Handler, Reply } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { cause, outage } from "./faults.ts"
import { mine, streamOf } from "./replies.ts"
import { authenticated } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

const storedKey = (text: string): SessionKey => {
  const key = parse(text)
  if (key === undefined) throw new TypeError("not a session key")
  return key
}

const questions: Readonly<Record<string, Handler>> = {
  "the user": async ({ getUser }) => ({ body: (await getUser())?.username ?? "anonymous" }),
  "the session": async ({ session }) => ({ body: String(await session.get("a")) }),
  "loginRequired's decision": async ({ loginRequired }) => ({ body: (await loginRequired())._tag }),
  "the session for a login": async (context) => {
    await authenticated(context)
    return mine("text")
  }
}

const isNotAbsence = ([what, handler]: readonly [string, Handler]): Clause =>
  clause(
    `reading ${what} during an outage is answered with 503, and the user stays logged in`,
    async ({ logIn, stores, told, visit, whoIs }) => {
      const { key, line } = await logIn()
      stores.beforeLoad = outage
      for (const round of [1, 2]) {
        expectUnavailable(await visit(handler, { lines: [line] }))
        expect(told(), String(round)).toEqual([new StoreUnavailable({ operation: "load", cause })])
      }
      stores.heal()
      expect(await whoIs(key)).toBe("alice")
    }
  )

const isNotWritten = (what: string, reply: Reply): Clause =>
  clause(
    `when the session cannot be stored, the answer is 503 instead of ${what}`,
    async ({ dataOf, logIn, stores, told, visit, whoIs }) => {
      const { key, line } = await logIn()
      const before = stores.sessions.rows.size
      for (const lines of [[], [line]]) {
        stores.beforeCommit = outage
        const received = await visit(
          async ({ session }) => {
            await session.set("a", 1)
            return reply
          },
          { lines }
        )
        expectUnavailable(received)
        expect(JSON.stringify([...received.headers])).not.toContain("elsewhere")
        expect(told()).toEqual([new StoreUnavailable({ operation: "commit", cause })])
        stores.heal()
      }
      expect([await whoIs(key), await dataOf(key)]).toEqual(["alice", expect.not.objectContaining({ a: 1 })])
      expect(stores.sessions.rows.size).toBe(before)
    }
  )

export const outages: Chapter = {
  title: "outages",
  clauses: [
    ...Object.entries(questions).map(isNotAbsence),
    clause(
      "an outage of the user store alone is answered with 503, too",
      async ({ logIn, stores, told, visit, whoIs }) => {
        const { key, line } = await logIn()
        stores.beforeUser = outage
        expectUnavailable(
          await visit(async ({ getUser }) => ({ body: (await getUser())?.username ?? "anonymous" }), { lines: [line] })
        )
        const [reported, ...others] = told()
        expect([reported instanceof BackendUnavailable || reported instanceof StoreUnavailable, others]).toEqual([
          true,
          []
        ])
        stores.heal()
        expect(await whoIs(key)).toBe("alice")
      }
    ),
    clause("an outage does not affect a handler that reads nothing", async ({ logIn, stores, visit }) => {
      const { line } = await logIn()
      stores.beforeLoad = outage
      const reply = await visit(async () => ({ body: "fine" }), { lines: [line] })
      expect([reply.status, reply.body]).toEqual([200, "fine"])
    }),
    clause(
      "when a handler catches the outage, its own answer is sent without a cookie",
      async ({ logIn, stores, visit, whoIs }) => {
        const { key, line } = await logIn()
        stores.beforeLoad = outage
        const reply = await visit(
          async ({ getUser }) => ({ status: 203, body: await getUser().then(String, ({ name }: Error) => name) }),
          { lines: [line] }
        )
        expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([203, "StoreUnavailable", []])
        stores.heal()
        expect(await whoIs(key)).toBe("alice")
      }
    ),
    isNotWritten("a text", mine("text")),
    isNotWritten("a redirect", { status: 302, headers: [["Location", "/elsewhere"]] }),
    isNotWritten("an answer without a body", { status: 204, headers: [["X-Mine", "1"]] }),
    isNotWritten("a stream", { status: 201, headers: [["X-Mine", "1"]], body: streamOf("the handler's", " own") }),
    clause(
      "a logout during an outage is answered with 503, and the cookie stays, so that the user can try again",
      async ({ logIn, stores, told, visit, whoIs }) => {
        const { key, line } = await logIn()
        const logsOut: (status: number) => Handler =
          (status) =>
          async ({ logout }) => {
            await logout()
            return { status, body: "bye" }
          }
        for (const status of [200, 500]) {
          stores.beforeCommit = outage
          expectUnavailable(await visit(logsOut(status), { lines: [line] }))
          expect(told()).toHaveLength(1)
          stores.heal()
          expect(stores.sessions.rows.has(storedKey(key))).toBe(true)
        }
        expect((await visit(logsOut(200), { lines: [line] })).body).toBe("bye")
        expect(stores.sessions.rows.has(storedKey(key))).toBe(false)
        expect(await whoIs(key)).toBeUndefined()
      }
    ),
    clause(
      "after a logout that was answered with 503, no request acts as the user, and the next one ends the session",
      async ({ logIn, stores, told, visit }) => {
        const { key, line } = await logIn()
        stores.beforeCommit = outage
        expectUnavailable(
          await visit(
            async ({ logout }) => {
              await logout()
              return { body: "bye" }
            },
            { lines: [line] }
          )
        )
        // The session could be read, but not deleted.
        for (const [, handler] of Object.entries(questions)) expectUnavailable(await visit(handler, { lines: [line] }))
        const unread = await visit(async () => ({ body: "fine" }), { lines: [line] })
        expect([unread.status, unread.body, cookiesOf(unread)]).toEqual([200, "fine", []])
        expect(told()).toHaveLength(1 + Object.keys(questions).length)
        stores.heal()
        const reply = await visit(async ({ getUser }) => ({ body: (await getUser())?.username ?? "anonymous" }), {
          lines: [line]
        })
        expect([reply.status, reply.body]).toEqual([200, "anonymous"])
        expect(cookiesOf(reply)).toEqual([expect.stringMatching(/^sessionid="";.*Max-Age=0/)])
        expect(stores.sessions.rows.has(storedKey(key))).toBe(false)
      }
    ),
    clause(
      "a login during an outage is answered with 503, and no session is stored",
      async ({ stores, told, visit }) => {
        const before = stores.sessions.rows.size
        stores.beforeCommit = outage
        expectUnavailable(
          await visit(async (context) => {
            await authenticated(context)
            return mine("text")
          })
        )
        expect([stores.sessions.rows.size, told().length]).toEqual([before, 1])
      }
    ),
    clause("the first request after an outage is served", async ({ logIn, stores, told, visit }) => {
      stores.beforeCommit = outage
      await Promise.all(
        Array.from({ length: 20 }, () =>
          visit(async ({ session }) => {
            await session.set("a", 1)
            return mine("text")
          })
        )
      )
      expect(told()).toHaveLength(20)
      stores.heal()
      expect((await logIn("bob")).username).toBe("bob")
    })
  ]
}

/** A session that another program writes again and again. */
export const restless: Chapter = {
  title: "a session that keeps changing until the deadline",
  site: { auth: { deadlineSeconds: 1 } },
  clauses: [
    clause(
      "the request is answered with 503 after several attempts, without a cookie",
      async ({ logIn, stores, told, visit }) => {
        const { key, line } = await logIn("bob")
        stores.heal()
        stores.beforeCommit = async () => {
          await sleep(10)
          stores.rewrite(key)
        }
        const received = await visit(
          async ({ session }) => {
            await session.set("a", 1)
            return mine("text")
          },
          { lines: [line] }
        )
        expectUnavailable(received)
        const [reported, ...others] = told()
        expect([reported, others]).toMatchObject([{ _tag: "StoreUnavailable", operation: "commit" }, []])
        expect(stores.commits()).toBeGreaterThan(2)
      }
    )
  ]
}
