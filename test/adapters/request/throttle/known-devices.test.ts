/** Known devices: failed logins of other clients do not hold up a client that has logged in before. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import type { ThrottleOptions } from "../../../../src/adapters/api/options/throttle-options.ts"
import { defineBackend } from "../../../../src/adapters/backend/define-backend.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import type { Backend } from "../../../../src/adapters/ports/backend.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { model } from "../site.ts"
import { address, throttledSite as site } from "./throttled-site.ts"

describe("a known device", () => {
  it("logs in during an attack on its user name and from its own network", async () => {
    const { attack, client } = await site()
    const alice = client(address)
    expect(await alice.logIn("alice", "alice's")).toBe(true)
    await attack("alice", 50)
    for (let at = 0; at < 100; at++) await client(address).logIn(`name ${at}`, "no")
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
    expect(await alice.logIn("alice", "alice's")).toBe(true)
    expect(await alice.logIn("bob", "bob's")).toBe(false)
  })

  it("does not reset the failures of other clients", async () => {
    const { attack, client } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's")
    await attack("alice", 5)
    await alice.logIn("alice", "alice's")
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
  })

  it("has a counter of its own, which its next success resets", async () => {
    const { client, clock } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's")
    for (let at = 0; at < 10; at++) await alice.logIn("alice", "no")
    expect(await alice.logIn("alice", "alice's")).toBe(false)
    expect(await client("192.0.2.2").logIn("alice", "alice's")).toBe(true)
    clock.now += 1000
    expect(await alice.logIn("alice", "alice's")).toBe(true)
    for (let at = 0; at < 9; at++) await alice.logIn("alice", "no")
    expect(await alice.logIn("alice", "alice's")).toBe(true)
  })

  it("is unknown after a change of the password", async () => {
    const { attack, auth, client } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's")
    const user = await alice.authenticate({ username: "alice", password: "alice's" })
    await auth.setPassword(user ?? Object(undefined), "new")
    expect(await alice.logIn("alice", "new")).toBe(true)
    const stolen = client(address, new Map(alice.cookies))
    await auth.setPassword(user ?? Object(undefined), "newer")
    await attack("alice", 5)
    expect(await stolen.logIn("alice", "newer")).toBe(false)
  })

  it("is not made by a response of 500", async () => {
    const { client } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's", 500)
    expect([...alice.cookies.keys()]).not.toContain("knowndevice")
  })

  it("costs one call of the store more than a wrong password", async () => {
    const { client, observed } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's")
    expect((await observed(() => alice.logIn("alice", "alice's"))).calls).toEqual(["take", "find", "settle"])
  })
})

describe("a directory without sessionSecretOf", () => {
  /** A directory in which one user has this key. */
  const directory = (id: string, key: string) =>
    defineBackend<MemoryUser, { readonly username: string; readonly key: string }>({
      credentials: Schema.Struct({ username: Schema.String, key: Schema.String }),
      authenticate: (sent) => (sent.key === key ? Object({ id, username: sent.username }) : undefined),
      getUser: (id) => Object({ id }),
      idOf: ({ id }) => String(id)
    })
  /** Logs in, or is refused, with the known device of the client. */
  const enters = ({ handled }: ReturnType<Awaited<ReturnType<typeof site>>["client"]>, key: string) =>
    handled(async ({ authenticate, login }) => {
      const user = await authenticate({ username: "alice", key })
      if (user !== undefined) await login(user)
      return user !== undefined
    })

  it("makes a known device, but none for a user of another directory with the same name and id", async () => {
    const backends = { staff: directory("1", "alice's"), customers: directory("1", "the attacker's") }
    const { client } = await site({ auth: { backends: { ...backends, [model]: modelBackend(memory().users) } } })
    const user = client(address)
    const attacker = client("203.0.113.9")
    expect([await enters(user, "alice's"), await enters(attacker, "the attacker's")]).toEqual([true, true])
    for (let at = 0; at < 9; at++) await enters(client(`10.8.0.${at}`), "no")
    expect([await enters(attacker, "alice's"), await enters(user, "alice's")]).toEqual([false, true])
  })
})

it("makes no device known for a backend whose users have no stored password", async () => {
  const alice = { id: 1, username: "alice" }
  const tickets: Backend<MemoryUser> = {
    authenticate: () => Effect.succeed({ _tag: "Accepted", known: { id: "1", user: Object(alice), password: "" } }),
    getUser: () => Effect.succeed({ id: "1", user: Object(alice), password: "" }),
    idOf: () => "1"
  }
  const { client } = await site({ auth: { backends: { tickets, [model]: modelBackend(memory().users) } } })
  const visitor = client(address)
  expect(await visitor.logIn("alice", "any")).toBe(true)
  expect([...visitor.cookies.keys()]).toEqual(["csrftoken", "sessionid"])
})

describe("the cookie of a known device", () => {
  it("has the attributes of throttle.cookie, and is Secure as the session cookie", async () => {
    const line = async (throttle: Partial<ThrottleOptions>, secure: boolean) => {
      const { auth } = await site({ throttle, auth: { sessionCookie: { secure } } })
      const request = auth.open({
        method: "GET",
        target: "/",
        headers: [],
        transport: { secure: true, serverName: "localhost", serverPort: "443" }
      })
      const user = await request.context.authenticate({ username: "alice", password: "alice's" })
      if (user !== undefined) await request.context.login(user)
      const { cookies } = await request.respond(200)
      return cookies
        .find((each) => /known/.test(each))
        ?.replace(/=[^;]*/, "")
        .replace(/expires=[^;]*; /, "")
    }
    expect(await line({}, false)).toBe("knowndevice; HttpOnly; Max-Age=31536000; Path=/; SameSite=Lax")
    expect(await line({}, true)).toBe("knowndevice; HttpOnly; Max-Age=31536000; Path=/; SameSite=Lax; Secure")
    expect(await line({ cookie: { name: "__Host-known", ageSeconds: 60 } }, true)).toBe(
      "__Host-known; HttpOnly; Max-Age=60; Path=/; SameSite=Lax; Secure"
    )
    expect(await line({ cookie: { sameSite: "None", partitioned: true } }, true)).toBe(
      "knowndevice; HttpOnly; Max-Age=31536000; Partitioned; Path=/; SameSite=None; Secure"
    )
  })
})
