/** Guards that end the request, and handlers that ignore a guard. */
import { expect } from "vitest"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { permissionBackend } from "../../../../src/adapters/backend/permission-rules.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import type { Reply as Received } from "../../../full-stack/wire.ts"
import type { ContractContext, Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { outage } from "./faults.ts"
import { mine, streamOf } from "./replies.ts"
import { authenticated, keyIn, model, type Site } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

const secret = "only for users that the guard allows"

type Guard = (context: ContractContext) => Promise<{ readonly username: string }>

const guards: Readonly<Record<string, Guard>> = {
  requireUser: ({ requireUser }) => requireUser(),
  requirePermission: ({ requirePermission }) => requirePermission("blog.edit"),
  "requirePermission with two permissions": ({ requirePermission }) => requirePermission("blog.edit", "blog.view"),
  "requirePermission with a list": ({ requirePermission }) => requirePermission(["blog.view", "blog.edit"]),
  requireUserWhere: ({ requireUserWhere }) => requireUserWhere(({ username }) => username === "bob")
}

const expectLoginPage = (reply: Received): void => {
  expect([reply.status, reply.headers.get("location")?.join()]).toEqual([
    302,
    expect.stringMatching(/^\/accounts\/login\/\?next=(\/|%2F)\d+$/)
  ])
  expect(reply.headers.get("cache-control")).toEqual(["no-store"])
  expectNothingOf(reply)
}

const expectJson = (reply: Received, status: number, error: string): void => {
  expect([reply.status, reply.headers.get("location"), JSON.parse(reply.body)]).toEqual([status, undefined, { error }])
  expect(reply.headers.get("cache-control")).toEqual(["no-store"])
  expectNothingOf(reply)
}

/** Checks that nothing of the handler's response was sent. */
const expectNothingOf = (reply: Received): void => {
  expect(reply.body).not.toContain(secret)
  expect(reply.headers.get("x-mine")).toBeUndefined()
}

const isGuard = ([name, guard]: readonly [string, Guard]): Clause =>
  clause(`${name} returns the user, or ends the request`, async (site) => {
    const page: Handler = async (context) => ({ body: `${(await guard(context)).username}: ${secret}` })
    const bob = await site.visit(page, { lines: [(await site.logIn("bob")).line] })
    expect([bob.status, bob.body]).toEqual([200, `bob: ${secret}`])
    expectLoginPage(await site.visit(page))
    const alice = await site.visit(page, { lines: [(await site.logIn("alice")).line] })
    if (name === "requireUser") expect(alice.body).toBe(`alice: ${secret}`)
    else expectJson(alice, 403, "forbidden")
  })

const accepts = (accept: string, isJson: boolean): Clause =>
  clause(
    `a refused request with Accept: ${accept} is answered with ${isJson ? "401" : "the login page"}`,
    async ({ visit }) => {
      const reply = await visit(async ({ requireUser }) => ({ body: (await requireUser()).username }), {
        lines: [`Accept: ${accept}`]
      })
      if (isJson) expectJson(reply, 401, "login required")
      else expectLoginPage(reply)
    }
  )

/** Handlers that go on although a guard has refused the request. */
const ignoring: Readonly<Record<string, (context: ContractContext) => Promise<unknown> | unknown>> = {
  "does not wait for requireUser": ({ requireUser }) => void requireUser(),
  "does not wait for requirePermission": ({ requirePermission }) => void requirePermission("blog.edit"),
  "catches what requireUser throws": ({ requireUser }) => requireUser().catch(() => undefined),
  "ignores loginRequired's decision": async ({ loginRequired }) => void (await loginRequired()),
  "does not wait for loginRequired": ({ loginRequired }) => void loginRequired(),
  "treats permissionRequired's decision as a boolean": async ({ permissionRequired }) =>
    (await permissionRequired("blog.edit")) ? undefined : Promise.reject(new Error("an object is never false")),
  "ignores userPassesTest's decision": ({ userPassesTest }) => userPassesTest((user) => user !== undefined)
}

const isIgnored = ([how, ignore]: readonly [string, (typeof ignoring)[string]]): Clause =>
  clause(`when a handler ${how}, an anonymous visitor gets no page, and no session is stored`, async (site) => {
    for (const body of [secret, streamOf(secret)]) {
      const before = site.stores.sessions.rows.size
      const reply = await site.visit(async (context) => {
        await context.session.set("a", 1)
        await ignore(context)
        return mine(body)
      })
      expectLoginPage(reply)
      expect([keyIn(reply), site.stores.sessions.rows.size]).toEqual([undefined, before])
    }
  })

const isLetIn = ([how, ignore]: readonly [string, (typeof ignoring)[string]]): Clause =>
  clause(`when a handler ${how}, a user that the guard allows gets the page`, async (site) => {
    const { line } = await site.logIn("bob")
    const reply = await site.visit(
      async (context) => {
        await ignore(context)
        return mine(secret)
      },
      { lines: [line] }
    )
    expect([reply.status, reply.body]).toEqual([201, secret])
  })

const isBug = (how: string, guard: (context: ContractContext) => Promise<unknown>): Clause =>
  clause(`${how} allows no user, and is reported as a bug`, async (site) => {
    const { line } = await site.logIn("bob")
    for (const wait of [true, false]) {
      const reply = await site.visit(
        async (context) => {
          if (wait) await guard(context)
          else void guard(context)
          return mine(secret)
        },
        { lines: [line] }
      )
      expect(reply.status).toBe(500)
      expectNothingOf(reply)
      site.told()
    }
  })

/** The guards without their argument types, as JavaScript code may call them. */
type Unchecked = Readonly<
  Record<
    "requireUserWhere" | "userPassesTest" | "requirePermission",
    (...args: ReadonlyArray<unknown>) => Promise<unknown>
  >
>

const unchecked =
  (call: (context: Unchecked) => Promise<unknown>) =>
  (context: ContractContext): Promise<unknown> =>
    call(context as unknown as Unchecked)

const withRules = ({ users }: Site["stores"]) => ({
  backends: {
    [model]: modelBackend(users),
    rules: permissionBackend<MemoryUser>({
      hasPerm: async (user, permission) => permission === "blog.view" || user?.username === "bob"
    })
  }
})

export const stopping: Chapter = {
  title: "guards",
  site: { auth: withRules },
  clauses: [
    ...Object.entries(guards).map(isGuard),
    accepts("application/json", true),
    accepts("application/problem+json, application/json;q=0.9", true),
    accepts("application/json, text/plain, */*", true),
    accepts("application/json, text/html;q=0", true),
    accepts("*/*", false),
    accepts("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
    accepts("application/json, text/html", false),
    accepts("application/json;q=0", false),
    accepts("text/x-component", false),
    clause("a guard uses the current user after a login and after a logout", async ({ visit }) => {
      const reply = await visit(async (context) => {
        await authenticated(context, "alice")
        const { username } = await context.requireUser()
        await context.logout()
        return {
          body: await context.requireUser().then(
            () => "still there",
            () => username
          ),
          status: 418
        }
      })
      expect([reply.status, reply.body]).toEqual([418, "alice"])
    }),
    clause(
      "a guard that meets an outage is answered with 503, whether the handler awaits it or not",
      async ({ logIn, stores, told, visit }) => {
        const { line } = await logIn()
        for (const wait of [true, false]) {
          stores.heal()
          stores.beforeLoad = outage
          const reply = await visit(
            async ({ requireUser }) => {
              if (wait) await requireUser()
              else void requireUser()
              return mine(secret)
            },
            { lines: [line] }
          )
          expectUnavailable(reply)
          expect(told()).toHaveLength(1)
        }
      }
    ),
    clause("a guard answers 400 for a host that is not in allowedHosts", async ({ visit }) => {
      const reply = await visit(async ({ requireUser }) => ({ body: (await requireUser()).username }), {
        lines: ["Host: evil.example"]
      })
      expect(reply.status).toBe(400)
    }),
    clause("after a refusal the handler's own redirect or error is sent", async ({ visit }) => {
      for (const status of [303, 401, 403, 404]) {
        const reply = await visit(async ({ requireUser }) =>
          requireUser().then(
            () => ({}),
            () => ({ status, headers: [["Location", "/mine"]] as const })
          )
        )
        expect([reply.status, reply.headers.get("location")?.join()]).toEqual([status, "/mine"])
      }
    }),
    isBug(
      "requireUserWhere with an async test",
      unchecked(({ requireUserWhere }) => requireUserWhere(async () => true))
    ),
    isBug(
      "requireUserWhere with a test that returns a string",
      unchecked(({ requireUserWhere }) => requireUserWhere(() => "yes"))
    ),
    isBug(
      "userPassesTest with an async test",
      unchecked(({ userPassesTest }) => userPassesTest(async () => true))
    ),
    isBug(
      "requirePermission without a permission",
      unchecked(({ requirePermission }) => requirePermission())
    ),
    isBug(
      "requirePermission with an empty list",
      unchecked(({ requirePermission }) => requirePermission([]))
    ),
    isBug(
      "requirePermission with undefined",
      unchecked(({ requirePermission }) => requirePermission(undefined))
    ),
    isBug(
      "requirePermission with undefined as a second permission",
      unchecked(({ requirePermission }) => requirePermission("blog.edit", undefined))
    )
  ]
}

export const ignored: Chapter = {
  title: "handlers that ignore a guard",
  site: { auth: withRules },
  clauses: [
    ...Object.entries(ignoring).map(isIgnored),
    ...Object.entries(ignoring).map(isLetIn),
    clause("a handler that checks loginRequired's decision chooses its own answer", async ({ visit }) => {
      const reply = await visit(async ({ loginRequired }) => mine((await loginRequired())._tag))
      expect([reply.status, reply.body]).toEqual([201, "Redirect"])
    }),
    clause("loginRequired's decision contains the user", async ({ logIn, visit }) => {
      const { line } = await logIn("erin")
      const reply = await visit(
        async ({ loginRequired }) => {
          const decision = await loginRequired()
          return { body: decision._tag === "Allowed" ? decision.user.username : decision._tag }
        },
        { lines: [line] }
      )
      expect(reply.body).toBe("erin")
    })
  ]
}
