/** Every operation of a request, called as an Effect and as a Promise: names, results and errors are the same. */
import * as util from "node:util"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { AuthEffects } from "../../../../src/adapters/api/per-request/auth-effects.ts"
import type { AuthContext, PromisedSession } from "../../../../src/adapters/api/per-request/promises.ts"
import type { AnyFields, SessionAccess } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import { application } from "../../request/site.ts"
import { credentials, operations, rawOperations, sessionOperations } from "./every-operation.ts"

type Context = AuthContext<MemoryUser, AnyFields>
type Effects = AuthEffects<MemoryUser, AnyFields>
type Session = PromisedSession<AnyFields>
type SessionEffects = SessionAccess<AnyFields>

const sessionKeyOf = (serial: number): SessionKey.SessionKey => {
  const key = SessionKey.parse(`0123456789abcdef0123456789abcde${serial}`)
  if (key === undefined) throw new Error("not the form of a session key")
  return key
}

/** A request of a visitor: logged in as alice with a cart, or anonymous. */
const request = async (isLoggedIn: boolean) => {
  let keys = 0
  const { auth } = await application({
    clockAndRandom: {
      now: () => 1_700_000_000_000,
      sessionKey: () => sessionKeyOf(keys++),
      csrfSecret: () => "abcdefghijklmnopqrstuvwxyz012345"
    }
  })
  const transport = { secure: false, serverName: "localhost", serverPort: "80" }
  const first = auth.open({ method: "GET", target: "/", headers: [], transport })
  if (isLoggedIn) {
    const user = await first.context.authenticate(credentials)
    if (user !== undefined) await first.context.login(user)
    await first.context.session.set("cart", [1])
  }
  const { cookies } = await first.respond(200)
  const cookie = cookies.map((line) => line.split(";")[0]).join("; ")
  return auth.open({ method: "GET", target: "/", headers: cookie === "" ? [] : [["Cookie", cookie]], transport })
}

/** The users' passwords have random salts, so the session auth hashes of two sites differ. `perms` cannot be listed. */
const comparable = (value: unknown): unknown => {
  if (value instanceof Map) return [...value].filter(([key]) => key !== "_auth_user_hash")
  if (typeof value !== "object" || value === null) return value
  if (util.types.isProxy(value)) return { mayAdd: Reflect.get(Object(Reflect.get(value, "blog")), "add_post") }
  return Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, comparable(part)]))
    : value
}

/** What a call gives: its value, or the error's tag and message. */
const outcome = async (call: () => unknown): Promise<unknown> => {
  try {
    return { value: comparable(await call()) }
  } catch (error) {
    return { error: error instanceof Error ? [Reflect.get(error, "_tag") ?? error.name, error.message] : error }
  }
}

/** Calls a member of one door: an Effect, or a function that returns an Effect, a Promise or a value. */
const called = (door: object, name: string, args: ReadonlyArray<unknown>): unknown => {
  const member: unknown = Reflect.get(door, name)
  const result: unknown = typeof member === "function" ? Reflect.apply(member, door, [...args]) : member
  return Effect.isEffect(result) ? Effect.runPromise(result as Effect.Effect<unknown, unknown>) : result
}

const both = async (
  isLoggedIn: boolean,
  name: string,
  args: ReadonlyArray<unknown>,
  part: (door: Context | Effects) => object
): Promise<readonly [effect: unknown, promise: unknown]> => {
  const [one, other] = [await request(isLoggedIn), await request(isLoggedIn)]
  const results = [
    await outcome(() => called(part(one.effects), name, args)),
    await outcome(() => called(part(other.context), name, args))
  ] as const
  const responses = [await outcome(() => one.respond(200)), await outcome(() => other.respond(200))]
  return [
    [results[0], responses[0]],
    [results[1], responses[1]]
  ]
}

describe("an operation gives the same as an Effect and as a Promise", () => {
  for (const isLoggedIn of [true, false]) {
    const visitor = isLoggedIn ? "of a user" : "of an anonymous visitor"
    for (const [name, args] of Object.entries(operations))
      it(`${name} in a request ${visitor}`, async () => {
        const [effect, promise] = await both(isLoggedIn, name, args, (door) => door)
        expect(effect).toEqual(promise)
      })
    for (const [name, args] of Object.entries(sessionOperations))
      it(`session.${name} in a request ${visitor}`, async () => {
        const [effect, promise] = await both(isLoggedIn, name, args, ({ session }) => session)
        expect(effect).toEqual(promise)
      })
    for (const [name, args] of Object.entries(rawOperations))
      it(`session.raw.${name} in a request ${visitor}`, async () => {
        const [effect, promise] = await both(isLoggedIn, name, args, ({ session }) => session.raw)
        expect(effect).toEqual(promise)
      })
  }

  it("has the same names", () => {
    type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
    const names: Same<keyof Context, keyof Effects> = true
    const session: Same<keyof Session, keyof SessionEffects> = true
    expect([names, session]).toEqual([true, true])
  })

  it("can see a difference", async () => {
    const visitor = await request(true)
    expect(await outcome(() => called(visitor.effects, "getUser", []))).toMatchObject({ value: { username: "alice" } })
    expect(await outcome(() => called(visitor.context, "requirePermission", ["blog.add_post"]))).toMatchObject({
      error: ["Forbidden", expect.any(String)]
    })
  })
})
