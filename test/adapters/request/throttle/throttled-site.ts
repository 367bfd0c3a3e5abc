/** A site with the option `throttle`, a clock that the test sets, and clients with addresses of their own. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import type { ThrottleOptions } from "../../../../src/adapters/api/options/throttle-options.ts"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import type { ThrottleStore } from "../../../../src/adapters/ports/throttle-store.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory, memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { Ledger } from "../../password/ledger.ts"
import { model } from "../site.ts"

export const start = 1_700_000_000_000

export interface SiteOptions {
  readonly throttle?: Partial<ThrottleOptions> | false
  readonly auth?: Partial<AuthOptions<MemoryUser, AnyFields>>
}

export const throttledSite = async ({ auth: more, throttle = {} }: SiteOptions = {}) => {
  const clock = { now: start }
  const calls: Array<string> = []
  const noted = <A, E>(call: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.andThen(
      Effect.sync(() => calls.push(call)),
      effect
    )
  const ledger = new Ledger()
  const counts = memoryThrottle()
  const store: ThrottleStore = {
    take: (asks, now) => noted("take", counts.take(asks, now)),
    settle: (changes) => noted("settle", counts.settle(changes))
  }
  const { sessions, users } = memory()
  const watched = {
    ...users,
    findByUsername: (name: string) => noted("find", users.findByUsername(name)),
    findById: (id: string) => noted("findById", users.findById(id)),
    upgradePassword: (id: string, was: string, encoded: string) =>
      noted(
        "upgrade",
        Effect.suspend(() => users.upgradePassword(id, was, encoded))
      )
  }
  const auth = createAuth<MemoryUser, AnyFields>({
    secretKey: "secret-key",
    sessions,
    backends: { [model]: modelBackend(watched) },
    hashers: [ledger.sha256(20), ledger.sha1(7)],
    clockAndRandom: { now: () => clock.now },
    ...(throttle === false ? {} : { throttle: { store, ...throttle } }),
    ...more
  })
  await auth.createUser({ username: "alice", password: "alice's" })
  await auth.createUser({ username: "bob", password: "bob's" })

  /** A client with an address and its own cookies. */
  const client = (clientAddress: string | undefined, cookies = new Map<string, string>()) => {
    const open = () =>
      auth.open({
        method: "GET",
        target: "/",
        headers: [["Cookie", Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ")]],
        transport: { secure: false, serverName: "localhost", serverPort: "80", ...(clientAddress && { clientAddress }) }
      })
    /** Runs a handler, and keeps the cookies of its response. */
    const handled = async <A>(
      handler: (context: AuthContext<MemoryUser, AnyFields>) => Promise<A>,
      status = 200
    ): Promise<A> => {
      const request = open()
      const value = await handler(request.context)
      for (const line of (await request.respond(status)).cookies) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      return value
    }
    return {
      cookies,
      handled,
      /** @returns whether the login succeeded */
      logIn: (username: string, password: string, status = 200): Promise<boolean> =>
        handled(async ({ authenticate, login }) => {
          const user = await authenticate({ username, password })
          if (user !== undefined) await login(user)
          return user !== undefined
        }, status),
      authenticate: (credentials: object) => open().context.authenticate(Object(credentials))
    }
  }
  let addresses = 0
  const attack = async (username: string, failures: number): Promise<void> => {
    for (let at = 0; at < failures; at++)
      expect(await client(`10.1.0.${addresses++}`).logIn(username, "no")).toBe(false)
  }
  /** What one login did: its answer, the calls of stores, and the hashes. */
  const observed = async (login: () => Promise<boolean>) => {
    calls.length = 0
    ledger.take()
    const answer = await login()
    return { answer, calls: [...calls], work: ledger.take() }
  }
  return { attack, auth, calls, client, clock, counts, ledger, observed, stores: { users } }
}

/** The address of the user. */
export const address = "192.0.2.1"
