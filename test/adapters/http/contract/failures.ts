/** Requests whose handler fails. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import {
  BackendUnavailable,
  BadRequest,
  Busy,
  CsrfFailed,
  SessionInterrupted,
  StoreUnavailable
} from "../../../../src/adapters/errors/errors.ts"
import { cookiesOf, type Reply as Received } from "../../../full-stack/wire.ts"
import type { ContractContext, Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { cause, outage } from "./faults.ts"
import { mine, streamOf } from "./replies.ts"
import { authenticated, keyIn, type Site } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

const secret = "a secret that no client may see"
const bug = new Error(secret)

/** Writes the session and logs in, as a handler may have done before it fails. */
const busy = async (context: ContractContext): Promise<void> => {
  await context.session.set("a", 1)
  await authenticated(context)
}

const bugs: Readonly<Record<string, Handler>> = {
  "before it waits for anything": () => {
    throw bug
  },
  "after it wrote the session": async ({ session }) => {
    await session.set("a", 1)
    throw bug
  },
  "after it logged a user in": async (context) => {
    await busy(context)
    throw bug
  },
  "some time later": async ({ session }) => {
    await session.set("a", 1)
    await sleep(5)
    throw bug
  }
}

const isBug = ([how, handler]: readonly [string, Handler]): Clause =>
  clause(
    `a handler that throws ${how} is answered with 500, and nothing is stored`,
    async ({ stores, told, visit, logIn, dataOf }) => {
      const { key, line } = await logIn()
      const before = stores.sessions.rows.size
      for (const lines of [[], [line]]) {
        const reply = await visit(handler, { lines })
        expect(reply.status).toBe(500)
        expect(cookiesOf(reply).filter((cookie) => cookie.startsWith("sessionid="))).toEqual([])
      }
      expect([stores.sessions.rows.size, await dataOf(key)]).toEqual([before, expect.not.objectContaining({ a: 1 })])
      told()
    }
  )

const isThrown = (
  name: string,
  error: Error,
  status: number,
  isReported: boolean,
  check: (reply: Received) => void
): Clause =>
  clause(
    `a handler that throws ${name} is answered with ${status}, and nothing is stored`,
    async ({ dataOf, logIn, told, visit, whoIs }) => {
      const { key, line } = await logIn()
      const reply = await visit(
        async ({ session }) => {
          await session.set("a", 1)
          throw error
        },
        { lines: [line] }
      )
      check(reply)
      expect([reply.status, reply.headers.get("cache-control"), cookiesOf(reply)]).toEqual([status, ["no-store"], []])
      expect(reply.body).not.toContain(secret)
      expect([await whoIs(key), await dataOf(key)]).toEqual(["alice", expect.not.objectContaining({ a: 1 })])
      expect(told()).toEqual(isReported ? [error] : [])
    }
  )

/** The session cannot be deleted with such an answer, which sends no cookie. */
const keepsLogout = (name: string, error: Error): Clause =>
  clause(
    `a handler that logs out and throws ${name} has logged out: the next request ends the session`,
    async ({ dataOf, logIn, stores, told, visit, whoIs }) => {
      const { key, line } = await logIn()
      const before = stores.sessions.rows.size
      const reply = await visit(
        async ({ logout, session }) => {
          await logout()
          await session.set("a", 1)
          throw error
        },
        { lines: [line] }
      )
      expect(cookiesOf(reply)).toEqual([])
      expect(stores.sessions.rows.size).toBe(before)
      expect([await whoIs(key), await dataOf(key), stores.sessions.rows.size]).toEqual([undefined, {}, before - 1])
      told()
    }
  )

const isRefusal = (name: string, error: Error, status: number, body: unknown): Clause =>
  clause(
    `a handler that throws ${name} is answered with ${status}, and what it wrote is stored`,
    async ({ dataOf, visit }) => {
      const reply = await visit(async ({ session }) => {
        await session.set("a", 1)
        throw error
      })
      expect([reply.status, reply.headers.get("cache-control")]).toEqual([status, ["no-store"]])
      expect(JSON.parse(reply.body)).toEqual(body)
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    }
  )

const is5xx = (status: number): Clause =>
  clause(`a handler that answers ${status} stores nothing`, async ({ dataOf, logIn, stores, visit }) => {
    const { key, line } = await logIn()
    const before = stores.sessions.rows.size
    for (const lines of [[], [line]]) {
      const reply = await visit(
        async ({ session }) => {
          await session.set("a", 1)
          return { status, body: "sorry" }
        },
        { lines }
      )
      expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([status, "sorry", []])
    }
    expect([stores.sessions.rows.size, await dataOf(key)]).toEqual([before, expect.not.objectContaining({ a: 1 })])
  })

/** Values that a client chooses: too large, or impossible to store. */
export const tooLarge: Chapter = {
  title: "invalid values in the session",
  site: { auth: { maximumSessionBytes: 1024 }, http: { csrfExempt: true } },
  clauses: [
    clause(
      "a session that grows beyond its limit is answered with 413, and is neither stored nor reported",
      async (site) => {
        const { key, line } = await site.logIn()
        site.stores.heal()
        for (const body of ["text", streamOf("te", "xt")])
          for (const early of [false, true]) {
            const reply = await site.visit(
              async ({ commit, session }) => {
                await session.set("a", "x".repeat(2000))
                if (early) await commit()
                return mine(body)
              },
              { lines: [line] }
            )
            expect([reply.status, JSON.parse(reply.body), reply.headers.get("cache-control")]).toEqual([
              413,
              { error: "the session is too large" },
              ["no-store"]
            ])
            expect([cookiesOf(reply), reply.headers.get("x-mine")]).toEqual([[], undefined])
          }
        expect([site.stores.commits(), await site.whoIs(key)]).toEqual([0, "alice"])
        expect(await site.dataOf(key)).not.toHaveProperty("a")
      }
    ),
    clause(
      "a value that the session cannot store is answered with 400, which names the key and not the value",
      async (site) => {
        const { key, line } = await site.logIn()
        site.stores.heal()
        for (const value of [undefined, JSON.parse("[".repeat(600) + "]".repeat(600))])
          for (const lines of [[], [line]]) {
            const reply = await site.visit(
              async ({ session }) => {
                await session.set("cart", value)
                return {}
              },
              { lines }
            )
            expect([reply.status, JSON.parse(reply.body)]).toEqual([400, { error: expect.stringContaining('"cart"') }])
            expect([reply.body, cookiesOf(reply)]).toEqual([expect.not.stringContaining("[["), []])
          }
        expect([site.stores.commits(), await site.whoIs(key)]).toEqual([0, "alice"])
        expect(await site.dataOf(key)).not.toHaveProperty("cart")
      }
    ),
    clause("credentials of the wrong form authenticate no user", async (site) => {
      for (const body of ["null", "[]", "7", '"alice"', '{"username":null}']) {
        const reply = await site.visit(
          async ({ authenticate }, { text }) => ({
            status: 401,
            body: String(await authenticate(JSON.parse(await text())))
          }),
          { method: "POST", lines: ["Content-Type: application/json"], body }
        )
        expect([reply.status, reply.body]).toEqual([401, "undefined"])
      }
    })
  ]
}

/** Like a framework that catches what its handlers throw, and answers with an error page. */
const answersAsFramework = (
  what: string,
  status: number,
  ask: (context: ContractContext) => Promise<void>,
  before: (site: Site) => void = () => {}
): Clause =>
  clause(`a handler that answers 500 to ${what} is answered with ${status} instead`, async (site) => {
    const { line } = await site.logIn()
    const lines = status === 503 ? [line] : []
    before(site)
    const reply = await site.visit(
      async (context) =>
        ask(context).then(
          () => ({ body: "not reached" }),
          () => ({ status: 500, headers: [["X-Mine", "1"]], body: "an error page" })
        ),
      { lines }
    )
    expect([reply.status, reply.headers.get("x-mine"), cookiesOf(reply)]).toEqual([status, undefined, []])
    site.told()
    site.stores.heal()
    const other = await site.visit(async () => ({ status: 500, body: "an error page" }), { lines })
    expect([other.status, other.body]).toEqual([500, "an error page"])
  })

export const failures: Chapter = {
  title: "failures",
  clauses: [
    ...Object.entries(bugs).map(isBug),
    clause(
      "a handler's error is reported once, and the client gets no details",
      async ({ told, visit }) => {
        const reply = await visit(async () => {
          throw bug
        })
        expect([reply.status, reply.body, reply.headers.get("cache-control")]).toEqual([
          500,
          "Internal Server Error",
          ["no-store"]
        ])
        expect(told()).toEqual([bug])
      },
      "bugs"
    ),
    clause(
      "a thrown value that is not an error is answered with 500 and reported, too",
      async ({ told, visit }) => {
        const reply = await visit(() => Promise.reject(secret))
        expect([reply.status, reply.body, told()]).toEqual([500, "Internal Server Error", [secret]])
      },
      "bugs"
    ),
    clause(
      "a handler that logs out and throws has logged out: its session and its cookie are deleted",
      async ({ logIn, told, visit, whoIs }) => {
        const { key, line } = await logIn()
        const reply = await visit(
          async ({ logout }) => {
            await logout()
            throw bug
          },
          { lines: [line] }
        )
        expect([reply.status, await whoIs(key)]).toEqual([500, undefined])
        expect(cookiesOf(reply)).toEqual([expect.stringMatching(/^sessionid="";.*Max-Age=0/)])
        told()
      }
    ),
    keepsLogout("StoreUnavailable", new StoreUnavailable({ operation: "test", cause: secret })),
    keepsLogout("Busy", new Busy({ retryAfterSeconds: 7 })),
    isThrown(
      "StoreUnavailable",
      new StoreUnavailable({ operation: "test", cause: secret }),
      503,
      true,
      expectUnavailable
    ),
    isThrown("BackendUnavailable", new BackendUnavailable({ backend: secret, cause }), 503, true, expectUnavailable),
    isThrown("Busy", new Busy({ retryAfterSeconds: 7 }), 503, false, (reply) => expectUnavailable(reply, "7")),
    isThrown("SessionInterrupted", new SessionInterrupted(), 400, false, (reply) => {
      expect(JSON.parse(reply.body)).toEqual({ error: new SessionInterrupted().message })
    }),
    isRefusal("BadRequest", new BadRequest({ reason: "no such thing" }), 400, { error: "no such thing" }),
    isRefusal("CsrfFailed", new CsrfFailed({ reason: "not ours" }), 403, { error: "csrf", reason: "not ours" }),
    ...[500, 502, 503, 599].map(is5xx),
    clause(
      "a handler that logs a user in and answers 500 has logged no user in",
      async ({ dataOf, stores, visit, whoIs }) => {
        const anonymous = keyIn(
          await visit(async ({ session }) => {
            await session.set("cart", [1])
            return {}
          })
        )
        const before = stores.sessions.rows.size
        const reply = await visit(
          async (context) => {
            await busy(context)
            return { status: 500, body: "sorry" }
          },
          { lines: [`Cookie: sessionid=${anonymous}`] }
        )
        expect([reply.status, reply.body, keyIn(reply)]).toEqual([500, "sorry", undefined])
        expect([await whoIs(anonymous), await dataOf(anonymous)]).toEqual([undefined, { cart: [1] }])
        expect(stores.sessions.rows.size).toBe(before)
      }
    ),
    clause(
      "a handler that logs out and answers 500 has logged out: its session and its cookie are deleted",
      async ({ logIn, visit, whoIs }) => {
        const { key, line } = await logIn()
        const reply = await visit(
          async ({ logout }) => {
            await logout()
            return { status: 500, body: "sorry" }
          },
          { lines: [line] }
        )
        expect([reply.status, reply.body, await whoIs(key)]).toEqual([500, "sorry", undefined])
        expect(cookiesOf(reply)).toEqual([expect.stringMatching(/^sessionid="";.*Max-Age=0/)])
      }
    ),
    answersAsFramework("a guard that refused", 302, async ({ requireUser }) => void (await requireUser())),
    answersAsFramework(
      "an outage",
      503,
      async ({ getUser }) => void (await getUser()),
      ({ stores }) => {
        stores.beforeLoad = outage
      }
    ),
    clause(
      "when the session was deleted during the request, the answer is 400 instead of the handler's",
      async (site) => {
        for (const body of ["some thing", streamOf("some thing")]) {
          const { key, line } = await site.logIn()
          const reply = await site.visit(
            async ({ session }) => {
              await session.set("a", 1)
              site.stores.remove(key)
              return mine(body)
            },
            { lines: [line] }
          )
          expect([reply.status, cookiesOf(reply), reply.headers.get("x-mine")]).toEqual([400, [], undefined])
          expect(JSON.parse(reply.body)).toEqual({ error: new SessionInterrupted().message })
          expect(reply.headers.get("cache-control")).toEqual(["no-store"])
          expect(await site.whoIs(key)).toBeUndefined()
        }
      }
    )
  ]
}
