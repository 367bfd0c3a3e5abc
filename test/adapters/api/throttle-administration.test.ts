/** auth.listThrottled and auth.resetThrottle, and the removal of forgotten keys, without a server. */
import * as Effect from "effect/Effect"
import { beforeEach, describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { ConfigurationInvalid, StoreUnavailable } from "../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { ThrottleStore } from "../../../src/adapters/ports/throttle-store.ts"
import { memory, memoryThrottle } from "../../../src/adapters/store/memory.ts"

const start = 1_700_000_000_000

let now = start
beforeEach(() => {
  now = start
})

const site = async (store: ThrottleStore | undefined = memoryThrottle()) => {
  const { sessions, users } = memory()
  const auth = createAuth({
    secretKey: "secret-key",
    sessions,
    backends: { model: modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    throttle: { store },
    clockAndRandom: { now: () => now }
  })
  const alice = await auth.createUser({ username: "alice", password: "alice's" })
  if (alice === undefined) throw new Error("no user")
  const open = (clientAddress: string) =>
    auth.open({
      ...{ method: "GET", target: "/", headers: [] },
      transport: { secure: false, serverName: "localhost", serverPort: "80", clientAddress }
    }).context
  const fail = async (username: string, clientAddress: string) => {
    expect(await open(clientAddress).authenticate({ username, password: "no" })).toBeUndefined()
  }
  const kinds = async (of?: Parameters<typeof auth.listThrottled>[0]) =>
    (await auth.listThrottled(of)).map(({ failures, key }) => `${key.split(":")[0]} ${failures}`).toSorted()
  const login = async () => {
    const request = auth.open({
      ...{ method: "GET", target: "/", headers: [] },
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })
    await request.context.login(alice)
    await request.respond(200)
  }
  return { alice, auth, fail, kinds, login, open }
}

describe("listThrottled", () => {
  it("finds the keys of a user, of an address and of an e-mail address, by the same rules as attempts", async () => {
    const { alice, auth, fail, kinds, open } = await site()
    await fail("alice", "2001:db8::1")
    await fail("bob", "2001:db8::2")
    expect(await auth.checkPassword(alice, "no")).toBe(false)
    await open("2001:db8::3").allowRequestFor("Alice@Example.com")
    const networks = ["network 2", "requester 1", "wideNetwork 2", "wideRequester 1"]
    const users = ["account 1", "account 1", "proof 1", "recipient 1"]
    expect(await kinds()).toEqual([...users, ...networks].toSorted())
    expect(await kinds({ username: " alice" })).toEqual(["account 1"])
    expect(await kinds({ username: "alice" })).toEqual(["account 1", "proof 1"])
    expect(await kinds({ address: "2001:db8::ffff" })).toEqual(networks)
    expect(await kinds({ address: "2001:db8:0:1::1" })).toEqual(networks.slice(2))
    expect(await kinds({ email: "alice@example.com" })).toEqual(["recipient 1"])
    expect(await kinds({ username: "carol" })).toEqual([])
    const [first] = await auth.listThrottled({ username: "bob" })
    expect(await auth.listThrottled({ key: first?.key ?? "" })).toEqual([first])
    expect(JSON.stringify(await auth.listThrottled())).not.toMatch(/alice|2001/)
  })
})

describe("resetThrottle", () => {
  it("lets a user log in who would have to wait, and says how many keys had failures", async () => {
    const { auth, fail, open } = await site()
    for (let at = 0; at < 5; at++) await fail("alice", `198.51.100.${at}`)
    const right = () => open("192.0.2.1").authenticate({ username: "alice", password: "alice's" })
    expect(await right()).toBeUndefined()
    expect(await auth.resetThrottle({ username: "alice" })).toBe(1)
    expect(await right()).toBeDefined()
    expect(await auth.resetThrottle({ username: "alice" })).toBe(0)
  })

  it("leaves the keys of others", async () => {
    const { auth, fail, kinds } = await site()
    await fail("alice", "198.51.100.1")
    await fail("bob", "198.51.100.2")
    expect(await auth.resetThrottle({ address: "198.51.100.1" })).toBe(1)
    expect(await kinds()).toEqual(["account 1", "account 1", "network 1"])
  })

  it("asks whose failures to forget, by a name that exists", async () => {
    const { auth } = await site()
    await expect(auth.resetThrottle({})).rejects.toThrow("write username, address, email or key")
    await expect(auth.resetThrottle(Object({ user: "alice" }))).rejects.toBeInstanceOf(ConfigurationInvalid)
  })
})

describe("an application", () => {
  it("without the throttle says so", async () => {
    const { sessions, users } = memory()
    const auth = createAuth({ secretKey: "s", sessions, backends: { model: modelBackend(users) } })
    await expect(auth.listThrottled()).rejects.toThrow("the throttle is off: write throttle: { store }")
    await expect(auth.resetThrottle({ username: "alice" })).rejects.toThrow("the throttle is off")
    expect(auth.sharesThrottle).toBeUndefined()
  })

  it("whose store cannot list says so", async () => {
    const { settle, take } = memoryThrottle()
    const { auth } = await site({ settle, take })
    await expect(auth.listThrottled()).rejects.toThrow("this throttle store cannot list its keys")
  })

  it("removes forgotten keys with the last expired sessions, and reports an outage of the throttle", async () => {
    const cleared: Array<number> = []
    const store = memoryThrottle()
    const clearForgotten = (now: number) => Effect.sync(() => cleared.push(now))
    const { auth, login } = await site({ ...store, clearForgotten })
    expect(await auth.clearSessions()).toBe(0)
    expect(await Effect.runPromise(auth.clearSessionsEffect)).toBe(0)
    expect(cleared).toEqual([start, start])
    await login()
    now += 30 * 86_400_000
    expect(await auth.clearSessions({ limit: 1 })).toBe(1)
    expect(cleared).toEqual([start, start])
    expect(await auth.clearSessions({ limit: 1 })).toBe(0)
    expect(cleared).toEqual([start, start, now])
    const gone = await site({
      ...store,
      clearForgotten: () => Effect.fail(new StoreUnavailable({ operation: "a test", cause: "a test" }))
    })
    await expect(gone.auth.clearSessions()).rejects.toBeInstanceOf(StoreUnavailable)
  })
})
