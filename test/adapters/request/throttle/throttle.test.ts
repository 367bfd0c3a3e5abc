/** Throttled logins, on requests with a clock that the test sets. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { BackendUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { nodeAuth } from "../../../../src/adapters/http/node.ts"
import type { Backend } from "../../../../src/adapters/ports/backend.ts"
import type { Telemetry } from "../../../../src/adapters/ports/telemetry.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { model } from "../site.ts"
import { address, throttledSite as site, start } from "./throttled-site.ts"

describe("a login with the right password", () => {
  it("is refused after five failures, until the delay is over", async () => {
    const { attack, client, clock } = await site()
    await attack("alice", 5)
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
    clock.now += 999
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
    clock.now += 1
    expect(await client(address).logIn("alice", "alice's")).toBe(true)
  })

  it("is counted when it is refused, and only then", async () => {
    const refused: Array<unknown> = []
    const telemetry: Telemetry = {
      count: (...one) => Effect.sync(() => void (one[0] === "latchkey.throttled" && refused.push(one))),
      measure: () => Effect.void
    }
    const { attack, client } = await site({ auth: { telemetry } })
    await attack("alice", 5)
    expect(refused).toEqual([])
    await client(address).logIn("alice", "alice's")
    expect(refused).toEqual([["latchkey.throttled", { operation: "authenticate" }]])
  })

  it("resets the failures of its user name", async () => {
    const { attack, client } = await site()
    for (let round = 0; round < 3; round++) {
      await attack("alice", 4)
      expect(await client(address).logIn("alice", "alice's")).toBe(true)
    }
  })

  it("of another user is not refused", async () => {
    const { attack, client } = await site()
    await attack("alice", 50)
    expect(await client(address).logIn("bob", "bob's")).toBe(true)
  })

  it("is accepted in the end, however long the attack", async () => {
    const { attack, client, clock } = await site()
    for (let round = 0; round < 200; round++) {
      await attack("alice", 1)
      clock.now += 60_000
    }
    clock.now += 900_000
    expect(await client(address).logIn("alice", "alice's")).toBe(true)
  })

  it.each([" alice", "ａlice"])("is refused after failures under the name %j", async (name) => {
    const { attack, client } = await site()
    await attack(name, 5)
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
  })

  it("of an account whose name differs in case resets no failures of this one", async () => {
    const { attack, auth, client } = await site()
    await auth.createUser({ username: "Alice", password: "the attacker's" })
    await attack("alice", 4)
    expect(await client("203.0.113.9").logIn("Alice", "the attacker's")).toBe(true)
    await attack("alice", 1)
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
  })

  it("is not refused without the option", async () => {
    const { attack, calls, client } = await site({ throttle: false })
    await attack("alice", 50)
    const alice = client(address)
    calls.length = 0
    expect(await alice.logIn("alice", "alice's")).toBe(true)
    expect(calls).toEqual(["find"])
    expect([...alice.cookies.keys()]).not.toContain("knowndevice")
  })
})

describe("attempts at the same time", () => {
  it("are each counted: at most five of 40 passwords are checked", async () => {
    const { client, counts } = await site({ auth: { queue: 100, queueDeadlineSeconds: 30 } })
    const guesses = Array.from({ length: 40 }, (_, at) =>
      client(`10.2.0.${at}`).logIn("alice", at === 39 ? "alice's" : "no")
    )
    expect(await Promise.all(guesses)).not.toContain(true)
    expect(counts.keys(start).filter(({ failures }) => failures === 5)).toHaveLength(1)
  })
})

describe("a network", () => {
  it("is refused after 30 failures with ever new names, which are then no longer stored", async () => {
    const { client, counts } = await site()
    const attacker = client("10.3.0.1")
    for (let at = 0; at < 500; at++) await attacker.logIn(`name ${at}`, "no")
    expect(counts.keys(start)).toHaveLength(31)
    expect(await attacker.logIn("alice", "alice's")).toBe(false)
    expect(await client(address).logIn("alice", "alice's")).toBe(true)
  })

  it("is one IPv6 network for all its addresses", async () => {
    const { client } = await site()
    for (let at = 0; at < 30; at++) await client(`2001:db8::${at + 1}`).logIn(`name ${at}`, "no")
    expect(await client("2001:db8::ffff").logIn("alice", "alice's")).toBe(false)
    expect(await client("2001:db8:0:1::1").logIn("alice", "alice's")).toBe(true)
  })

  it("has a count with its neighbours in the first 48 bits of an IPv6 address", async () => {
    const { client, clock, counts } = await site()
    const from = (at: number) => client(`2001:db8:1:${at.toString(16)}::1`)
    for (let at = 0; at < 300; at++) await from(at).logIn(`name ${at}`, "no")
    expect(counts.keys(start).filter(({ key }) => key.startsWith("account:"))).toHaveLength(100)
    expect(await from(300).logIn("alice", "alice's")).toBe(false)
    expect(await client("2001:db8:2::1").logIn("alice", "alice's")).toBe(true)
    clock.now += 1000
    expect(await from(301).logIn("alice", "alice's")).toBe(true)
  })

  it("that has to wait does not make its neighbours wait", async () => {
    const { client } = await site()
    const attacker = client("2001:db8:1:1::1")
    for (let at = 0; at < 500; at++) await attacker.logIn(`name ${at}`, "no")
    expect(await client("2001:db8:1:2::1").logIn("alice", "alice's")).toBe(true)
  })

  it("sends mails with its neighbours in the first 48 bits of an IPv6 address", async () => {
    const { client } = await site()
    let sent = 0
    for (let at = 0; at < 300; at++) {
      const asking = client(`2001:db8:1:${at.toString(16)}::1`)
      if (await asking.handled(({ allowRequestFor }) => allowRequestFor(`${at}@example.com`))) sent += 1
    }
    expect(sent).toBe(100)
  })

  it("keeps its failures after a login of an account that the attacker has", async () => {
    const { client, counts } = await site()
    const attacker = client("10.4.0.1")
    for (let at = 0; at < 20; at++) {
      await attacker.logIn(`name ${at}`, "no")
      expect(await client("10.4.0.1").logIn("bob", "bob's")).toBe(true)
    }
    expect(Math.max(...counts.keys(start).map(({ failures }) => failures))).toBe(20)
  })

  it("is not counted by its logins that succeed", async () => {
    const { client } = await site()
    for (let at = 0; at < 100; at++) expect(await client(address).logIn("bob", "bob's")).toBe(true)
  })

  it("that is not known is not counted", async () => {
    const { client, counts } = await site()
    await client(undefined).logIn("alice", "no")
    expect(counts.keys(start).map(({ key }) => key.split(":")[0])).toEqual(["account"])
  })
})

describe("a throttled login", () => {
  it.each([
    ["the right password", "alice", "alice's"],
    ["a wrong password", "alice", "no"],
    ["an unknown user", "nobody", "no"]
  ])("with %s does the work of a wrong password", async (_, username, password) => {
    const { attack, client, observed } = await site()
    const wrong = await observed(() => client(address).logIn("bob", "no"))
    await attack(username, 5)
    expect(await observed(() => client(address).logIn(username, password))).toEqual(wrong)
    expect(wrong).toEqual({ answer: false, calls: ["take", "find"], work: { sha256: 20 } })
  })

  it("does the work of a wrong password, and writes nothing, for an outdated hash", async () => {
    const { attack, client, ledger, observed, stores } = await site()
    const old = await ledger.sha1(7).encode("alice's", "saltsaltsaltsaltsaltsalt")
    const row = await Effect.runPromise(stores.users.findByUsername("alice"))
    await Effect.runPromise(stores.users.setPassword(row?.id ?? "", old))
    const wrong = await observed(() => client(address).logIn("alice", "no"))
    await attack("alice", 4)
    expect(await observed(() => client(address).logIn("alice", "alice's"))).toEqual(wrong)
  })

  it("is announced as a failed login", async () => {
    const { attack, auth, client } = await site()
    const failed: Array<unknown> = []
    auth.on("user_login_failed", ({ credentials }) => void failed.push(credentials))
    await attack("alice", 5)
    await client(address).logIn("alice", "alice's")
    expect(failed).toHaveLength(6)
    expect(failed[5]).toEqual(failed[0])
  })

  it("gets the bytes of a wrong password on node", async () => {
    const { attack, auth } = await site({ auth: { clientAddress: () => address } })
    const server = createServer(
      nodeAuth(auth, async (_req, res, { authenticate, login }) => {
        const user = await authenticate({ username: "alice", password: _req.headers["x-password"] })
        if (user) await login(user)
        res.statusCode = user ? 200 : 401
        res.removeHeader("date")
        res.sendDate = false
        res.end(user ? "welcome" : "wrong")
      })
    ).listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    const { port } = server.address() as AddressInfo
    const answer = async (password: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-password": password } })
      return { status: response.status, headers: [...response.headers], body: await response.text() }
    }
    const wrong = await answer("no")
    await attack("alice", 4)
    expect(await answer("alice's")).toEqual(wrong)
    server.close()
    expect(wrong.status).toBe(401)
  })

  it("is declined by a backend that does not check passwords", async () => {
    const carol = {
      ...(await site().then(({ stores }) => Effect.runPromise(stores.users.findByUsername("alice"))))?.user
    }
    const token: Backend<MemoryUser> = {
      authenticate: ({ token }) =>
        Effect.succeed(
          token === "right"
            ? { _tag: "Accepted", known: { id: "1", user: Object(carol), password: "" } }
            : { _tag: "Declined" }
        ),
      getUser: () => Effect.succeed(undefined),
      idOf: () => "1"
    }
    const { client } = await site({ auth: { backends: { [model]: modelBackend(memory().users), token } } })
    expect(await client(address).authenticate({ username: "carol", token: "right" })).toBeDefined()
    for (let at = 0; at < 5; at++) await client(`10.5.0.${at}`).authenticate({ username: "carol", token: "no" })
    expect(await client(address).authenticate({ username: "carol", token: "right" })).toBeUndefined()
  })
})

describe("an attempt whose password was compared", () => {
  it.each([
    ["a wrong one", "wrong", true],
    ["the right one of an inactive user", "alice's", false]
  ])("is counted although another backend is not available: %s", async (_, password, isActive) => {
    const { users } = memory()
    const away: Backend<MemoryUser> = {
      authenticate: () => Effect.fail(new BackendUnavailable({ backend: "away", cause: "a test" })),
      getUser: () => Effect.undefined,
      idOf: ({ id }) => String(id)
    }
    const { client, counts } = await site({
      auth: { backends: { [model]: modelBackend(users), away } }
    })
    users.change("1", { isActive })
    const guess = () => client(address).logIn("alice", password)
    for (let round = 0; round < 5; round++) await expect(guess()).rejects.toBeInstanceOf(BackendUnavailable)
    expect(counts.keys(start).map(({ failures }) => failures)).toEqual([5, 5])
  })
})

describe("a name with white space around it", () => {
  it.each(["\u001c", "\u0085", " ".repeat(300)])("shares the count of the name without it: %j", async (space) => {
    const { attack, client, counts } = await site({ auth: {} })
    await attack("alice", 4)
    await client(address).logIn(`${space}alice`, "wrong")
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
    expect(counts.keys(start).filter(({ key }) => key.startsWith("account:"))).toHaveLength(1)
  })
})

describe("requests for an account without an address", () => {
  it("share no count: only their networks limit them", async () => {
    const { client, counts } = await site()
    for (let visitor = 0; visitor < 50; visitor++)
      expect(await client(`198.51.100.${visitor}`).handled(({ allowRequestFor }) => allowRequestFor(" "))).toBe(true)
    expect(new Set(counts.keys(start).map(({ key }) => key.split(":")[0]))).toEqual(new Set(["requester"]))
    expect(await client(undefined).handled(({ allowRequestFor }) => allowRequestFor(""))).toBe(true)
  })
})
