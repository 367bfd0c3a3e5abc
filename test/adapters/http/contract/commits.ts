/** `commit()`: the handler writes the session before it answers. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import { HeadersAlreadySent, SessionInterrupted, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import { type Chapter, clause } from "./clause.ts"
import { cause, outage } from "./faults.ts"
import { authenticated, keyIn, varyOf } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

export const commits: Chapter = {
  title: "commit",
  clauses: [
    clause(
      "commit stores the session before it resolves, and the cookie is sent with the answer",
      async ({ dataOf, stores, visit }) => {
        const seen: Array<unknown> = []
        const reply = await visit(async ({ commit, session }) => {
          await session.set("a", 1)
          await commit()
          seen.push(await dataOf(session.key()), stores.commits())
          await Promise.all([commit(), commit()])
          return {
            status: 202,
            headers: [
              ["Set-Cookie", "mine=1"],
              ["Vary", "Accept"]
            ],
            body: "text"
          }
        })
        expect([seen, stores.commits()]).toEqual([[{ a: 1 }, 1], 1])
        expect([reply.status, reply.body, varyOf(reply)]).toEqual([202, "text", ["accept", "cookie"]])
        expect([...cookiesOf(reply)].sort()).toEqual(["mine=1", expect.stringMatching(/^sessionid=/)])
        expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
      }
    ),
    clause("after commit the session can be read, and no longer written", async ({ dataOf, logIn, stores, visit }) => {
      const { key, line } = await logIn()
      const seen: Array<unknown> = []
      const reply = await visit(
        async (context) => {
          const { commit, getUser, logout, session } = context
          await session.set("a", 1)
          await commit()
          stores.heal()
          for (const change of [
            () => session.set("b", 2),
            () => session.delete("a"),
            () => session.clear(),
            () => session.flush(),
            () => session.cycleKey(),
            () => session.save(),
            () => session.setExpiry(1),
            () => logout(),
            () => authenticated(context)
          ])
            seen.push(await change().then(String, (error) => error instanceof HeadersAlreadySent))
          seen.push(await session.get("a"), await session.get("b"), (await getUser())?.username)
          return { body: "text" }
        },
        { lines: [line] }
      )
      expect([reply.status, reply.body, stores.commits()]).toEqual([200, "text", 0])
      expect(seen).toEqual([...Array(9).fill(true), 1, undefined, "alice"])
      expect([keyIn(reply), await dataOf(key)]).toEqual([key, expect.objectContaining({ a: 1 })])
    }),
    clause("commit works before a stream, too", async ({ dataOf, visit }) => {
      const reply = await visit(async ({ commit, session }) => {
        await session.set("a", 1)
        await commit()
        async function* body() {
          yield "one"
          yield JSON.stringify(await dataOf(session.key()))
        }
        return { body: body() }
      })
      expect([reply.body, await dataOf(keyIn(reply))]).toEqual(['one{"a":1}', { a: 1 }])
    }),
    clause(
      "commit does nothing when the handler neither read nor wrote the session",
      async ({ logIn, stores, visit }) => {
        const { line } = await logIn()
        stores.heal()
        const reply = await visit(
          async ({ commit }) => {
            await commit()
            return { body: "text" }
          },
          { lines: [line] }
        )
        expect([reply.body, cookiesOf(reply), varyOf(reply)]).toEqual(["text", [], []])
        expect([stores.asked(), stores.commits()]).toEqual([{ sessions: 0, users: 0 }, 0])
      }
    ),
    clause("commit waits for a slow store", async ({ dataOf, stores, visit }) => {
      stores.beforeCommit = () => sleep(60)
      const reply = await visit(async ({ commit, session }) => {
        await session.set("a", 1)
        await commit()
        return { body: JSON.stringify(await dataOf(session.key())) }
      })
      expect(reply.body).toBe('{"a":1}')
    }),
    clause(
      "commit rejects when the store is unavailable; the handler may answer, and no cookie is sent",
      async (site) => {
        const caught: Array<unknown> = []
        const { key, line } = await site.logIn()
        site.stores.beforeCommit = outage
        const reply = await site.visit(
          async ({ commit, session }) => {
            await session.set("a", 1)
            await commit().catch((error) => caught.push(error))
            return { status: 202, body: "handled" }
          },
          { lines: [line] }
        )
        site.stores.heal()
        expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([202, "handled", []])
        expect(caught).toEqual([expect.any(StoreUnavailable)])
        expect(await site.dataOf(key)).not.toHaveProperty("a")
      }
    ),
    clause(
      "an error of commit that the handler does not catch is answered with 503",
      async ({ stores, told, visit }) => {
        stores.beforeCommit = outage
        const reply = await visit(async ({ commit, session }) => {
          await session.set("a", 1)
          await commit()
          return { headers: [["X-Mine", "1"]], body: "text" }
        })
        expectUnavailable(reply)
        expect(told()).toEqual([new StoreUnavailable({ operation: "commit", cause })])
      }
    ),
    clause(
      "the committed session stays stored, and its cookie is sent, when the handler throws StoreUnavailable afterwards",
      async (site) => {
        const { key, line } = await site.logIn()
        const reply = await site.visit(
          async ({ commit, session }) => {
            await session.cycleKey()
            await commit()
            throw new StoreUnavailable({ operation: "load", cause })
          },
          { lines: [line] }
        )
        expect([reply.status, site.told().length]).toEqual([503, 1])
        expect([await site.whoIs(keyIn(reply)), await site.whoIs(key)]).toEqual(["alice", undefined])
      }
    ),
    clause("commit rejects when another request deleted the session", async (site) => {
      const { key, line } = await site.logIn()
      const caught: Array<unknown> = []
      const reply = await site.visit(
        async ({ commit, session }) => {
          await session.set("a", 1)
          site.stores.remove(key)
          await commit().catch((error) => caught.push(error))
          return { body: "handled" }
        },
        { lines: [line] }
      )
      expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([200, "handled", []])
      expect(caught).toEqual([expect.any(SessionInterrupted)])
    }),
    clause("the committed session stays stored when the handler answers 500", async ({ dataOf, visit }) => {
      const reply = await visit(async ({ commit, session }) => {
        await session.set("a", 1)
        await commit()
        return { status: 500, body: "sorry" }
      })
      expect([reply.status, reply.body, await dataOf(keyIn(reply))]).toEqual([500, "sorry", { a: 1 }])
    }),
    clause("the committed session stays stored when the handler throws afterwards", async ({ dataOf, told, visit }) => {
      const reply = await visit(async ({ commit, session }) => {
        await session.set("a", 1)
        await commit()
        throw new Error("a bug")
      })
      expect([reply.status, await dataOf(keyIn(reply))]).toEqual([500, { a: 1 }])
      told()
    })
  ]
}
