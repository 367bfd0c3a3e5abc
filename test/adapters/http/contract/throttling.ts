/** The option `throttle`: a throttled attempt is answered byte for byte as one with a wrong password. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { ThrottleStore } from "../../../../src/adapters/ports/throttle-store.ts"
import { memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { cookiesOf, type Reply } from "../../../full-stack/wire.ts"
import type { ContractContext, Handler } from "./adapter.ts"
import { type Chapter, clause } from "./clause.ts"
import { passwordOf, type Site } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

const state = { ahead: 0, isAway: false, calls: 0, counts: memoryThrottle() }

const outage = Effect.fail(new StoreUnavailable({ operation: "a test", cause: "a test" }))
const called = <A>(call: () => Effect.Effect<A, StoreUnavailable>) =>
  Effect.suspend(() => {
    state.calls += 1
    return state.isAway ? outage : call()
  })
const store: ThrottleStore = {
  take: (asks, now) => called(() => state.counts.take(asks, now)),
  settle: (changes) => called(() => state.counts.settle(changes))
}

/** Logs in. A header and an own cookie are part of the answers that are compared. */
const loggingIn =
  (username: string, password: string): Handler =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username, password })
    if (user !== undefined) await login(user)
    return {
      status: user === undefined ? 401 : 200,
      headers: [
        ["X-Mine", "1"],
        ["Set-Cookie", "mine=1; Path=/"]
      ],
      body: user === undefined ? "wrong user name or password" : "welcome"
    }
  }

/** Checks the password of the user who is logged in. */
type Proof = (context: ContractContext, username: string, password: string) => Promise<boolean>

const proofs: Readonly<Record<string, Proof>> = {
  checkPassword: async ({ checkPassword, requireUser }, _, password) => checkPassword(await requireUser(), password),
  changePassword: async ({ changePassword, requireUser }, _, password) =>
    changePassword(await requireUser(), password, "a new password"),
  reauthenticate: ({ reauthenticate }, _, password) => reauthenticate({ password })
}

const proving =
  (proof: Proof, username: string, password: string): Handler =>
  async (context) => {
    const isRight = await proof(context, username, password)
    return { status: isRight ? 200 : 403, body: isRight ? "right" : "wrong" }
  }

/** All that a client gets, but for the time of day, and the number of calls of the throttle store. */
const seen = ({ body, headers, status }: Reply) => {
  const calls = state.calls
  state.calls = 0
  const lines = [...headers].filter(([name]) => name !== "date").toSorted(([one], [other]) => (one < other ? -1 : 1))
  return { status, headers: lines, body, calls }
}

const attempts = async (site: Site, handler: () => Handler, times: number, lines: ReadonlyArray<string> = []) => {
  for (let at = 0; at < times; at++) await site.visit(handler(), { lines })
  state.calls = 0
}

export const throttling: Chapter = {
  title: "throttling",
  site: {
    auth: () => {
      // Each adapter has a site of its own.
      state.counts = memoryThrottle()
      return {
        throttle: { store, network: { freeFailures: 100 } },
        reauthentication: {},
        clockAndRandom: { now: () => Date.now() + state.ahead }
      }
    }
  },
  clauses: [
    clause("a throttled login with the right password gets the bytes of a wrong password", async (site) => {
      for (const lines of [[], ["Accept: application/json"], ["Cookie: sessionid=abcdefghijklmnopqrstuvwxyz012345"]]) {
        state.ahead += 1_000_000
        state.calls = 0
        const wrong = seen(await site.visit(loggingIn("alice", "wrong"), { lines }))
        await attempts(site, () => loggingIn("alice", "wrong"), 4)
        const throttled = seen(await site.visit(loggingIn("alice", passwordOf("alice")), { lines }))
        expect(throttled).toEqual(wrong)
        expect([wrong.status, wrong.calls]).toEqual([401, 1])
        state.ahead += 1_000_000
        expect((await site.visit(loggingIn("alice", passwordOf("alice")), { lines })).body).toBe("welcome")
      }
    }),
    clause("so does a proof of a user who is logged in", async (site) => {
      const users = { checkPassword: "bob", changePassword: "carol", reauthenticate: "dave" }
      for (const [name, username] of Object.entries(users)) {
        const proof = proofs[name]
        if (proof === undefined) throw new Error(`no proof ${name}`)
        const { line } = await site.logIn(username)
        state.calls = 0
        const wrong = seen(await site.visit(proving(proof, username, "wrong"), { lines: [line] }))
        await attempts(site, () => proving(proof, username, "wrong"), 9, [line])
        const throttled = await site.visit(proving(proof, username, passwordOf(username)), { lines: [line] })
        expect(seen(throttled)).toEqual(wrong)
        expect([wrong.status, wrong.body, wrong.calls]).toEqual([403, "wrong", 1])
        state.ahead += 1000
        const right = await site.visit(proving(proof, username, passwordOf(username)), { lines: [line] })
        expect([name, right.body]).toEqual([name, "right"])
      }
    }),
    clause("a known device logs in during an attack, by a cookie that scripts cannot read", async (site) => {
      const known = await site.visit(loggingIn("erin", passwordOf("erin")))
      const cookie = cookiesOf(known).find((line) => line.startsWith("knowndevice="))
      const [, ...attributes] = (cookie ?? "").toLowerCase().split("; ")
      expect(attributes.filter((attribute) => !attribute.startsWith("expires=")).toSorted()).toEqual([
        "httponly",
        "max-age=31536000",
        "path=/",
        "samesite=lax"
      ])
      await attempts(site, () => loggingIn("erin", "wrong"), 5)
      expect((await site.visit(loggingIn("erin", passwordOf("erin")))).status).toBe(401)
      const lines = [`Cookie: ${cookie?.split(";")[0]}`]
      expect((await site.visit(loggingIn("erin", passwordOf("erin")), { lines })).status).toBe(200)
    }),
    clause("the sixth request for a mail to one address is not allowed, and the next one later is", async (site) => {
      const ask = async () =>
        (await site.visit(async (context) => ({ body: String(await context.allowRequestFor("frank@example.com")) })))
          .body
      const answers = []
      for (let at = 0; at < 6; at++) answers.push(await ask())
      expect(answers).toEqual(["true", "true", "true", "true", "true", "false"])
      state.ahead += 1000
      expect(await ask()).toBe("true")
    }),
    clause("while the throttle store is away, an attempt is answered 503, without a cookie", async (site) => {
      const { key, line } = await site.logIn("grace")
      state.isAway = true
      try {
        const handlers = [
          loggingIn("heidi", passwordOf("heidi")),
          loggingIn("heidi", "wrong"),
          ...Object.values(proofs).map((proof) => proving(proof, "grace", passwordOf("grace")))
        ]
        for (const handler of handlers) {
          expectUnavailable(await site.visit(handler, { lines: [line] }))
          expect(site.told()).toEqual([expect.any(StoreUnavailable)])
        }
      } finally {
        state.isAway = false
      }
      expect(await site.whoIs(key)).toBe("grace")
    })
  ]
}
