import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import type { PasswordAttempt } from "../../../src/adapters/hasher/attempt.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/hasher/pbkdf2.ts"
import { nodeAuth } from "../../../src/adapters/http/node.ts"
import { type AuthOptions, createAuth } from "../../../src/adapters/interpreter/create-auth.ts"
import { Busy, StoreUnavailable } from "../../../src/adapters/interpreter/errors.ts"
import type { Hasher } from "../../../src/adapters/interpreter/ports.ts"
import type { AnyFields } from "../../../src/adapters/interpreter/session-access.ts"
import { type MemoryUser, memory } from "../../../src/adapters/store/memory.ts"
import { model } from "./world.ts"

const checkMilliseconds = 40

/** As slow as a check in production, without its use of the processor. */
const slowHasher = (): Hasher => {
  const hasher = pbkdf2Sha256({ iterations: 1 })
  return {
    ...hasher,
    verify: async (password, encoded) => {
      await sleep(checkMilliseconds)
      return hasher.verify(password, encoded)
    },
    encode: async (password, salt) => {
      await sleep(checkMilliseconds)
      return hasher.encode(password, salt)
    }
  }
}

const application = (options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}) => {
  const stores = memory()
  const auth = createAuth<MemoryUser, AnyFields>({
    secretKey: "a secret key of more than fifty characters, for tests only",
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [slowHasher()],
    concurrency: 2,
    ...options
  })
  const logIn = (clientAddress: string, username: string, password: string): Promise<MemoryUser | undefined> => {
    const transport = { secure: false, serverName: "localhost", serverPort: "80", clientAddress }
    const { context } = auth.open({ method: "GET", target: "/", headers: [], transport })
    return context.authenticate({ username, password })
  }
  return { auth, logIn, stores }
}

type Attacker = (at: number) => readonly [address: string, username: string]

/** 24 clients that try wrong passwords without a pause, while one user logs in 20 times. @returns how many failed */
const refusedLogins = async (
  attacker: Attacker,
  [address, username]: readonly [address: string, username: string],
  options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}
): Promise<number> => {
  const { auth, logIn } = application(options)
  await auth.createUser({ username, password: "right" })
  let stop = false
  const flood = Array.from({ length: 24 }, async (_, at) => {
    while (!stop) await logIn(...attacker(at), "wrong").catch(() => sleep(2))
  })
  // Until each of 24 names had a turn: before that nothing tells them from a user at the same address.
  await sleep(20 * checkMilliseconds)
  let refused = 0
  for (let round = 0; round < 20; round++)
    await logIn(address, username, "right").then(
      (user) => expect(user?.username).toBe(username),
      (error: unknown) => {
        expect(error).toBeInstanceOf(Busy)
        refused += 1
      }
    )
  stop = true
  await Promise.all(flood)
  return refused
}

const here: readonly [address: string, username: string] = ["192.0.2.1", "alice"]

describe.concurrent("a user who logs in while 24 clients check passwords without a pause", () => {
  it.each<readonly [flood: string, Attacker]>([
    ["from one address, for one user name", () => ["198.51.100.1", "bob"]],
    ["from one address, for many user names", (at) => ["198.51.100.1", `user ${at}`]],
    ["from many addresses, for one user name", (at) => [`198.51.100.${at}`, "bob"]],
    ["from one IPv6 network, for many user names", (at) => [`2001:db8::${at}`, `user ${at}`]],
    ["from the user's own address, for one user name", () => ["192.0.2.1", "bob"]],
    ["from the user's own address, for four user names", (at) => ["192.0.2.1", `user ${at % 4}`]],
    ["from the user's own address, for 24 user names again and again", (at) => ["192.0.2.1", `user ${at}`]]
  ])("is not locked out by a flood %s", async (_, attacker) => {
    expect(await refusedLogins(attacker, here)).toBe(0)
  })

  it("is locked out where all attempts have one key", async () => {
    expect(await refusedLogins(() => ["198.51.100.1", "bob"], here, { turnKeys: () => [] })).toBeGreaterThan(5)
  })

  it("is not locked out where the application names keys of its own", async () => {
    const turnKeys = ({ username }: PasswordAttempt) => [username ?? ""]
    expect(await refusedLogins(() => ["198.51.100.1", "bob"], here, { turnKeys })).toBe(0)
  })
})

describe("beforeAttempt", () => {
  it("sees every attempt before it waits, and the database is asked", async () => {
    const seen: Array<unknown> = []
    const { auth, logIn, stores } = application({
      beforeAttempt: ({ head, ...attempt }) => void seen.push({ ...attempt, target: head?.target })
    })
    const user = await auth.createUser({ username: "alice", password: "right" })
    await logIn("192.0.2.1", "alice", "right")
    await auth.checkPassword(user!, "right")
    await auth.setPassword(user!, "other")
    const outside = { address: undefined, target: undefined }
    expect(seen).toEqual([
      { ...outside, operation: "createUser", username: "alice", userId: undefined },
      { operation: "authenticate", address: "192.0.2.1", username: "alice", userId: undefined, target: "/" },
      { ...outside, operation: "checkPassword", username: undefined, userId: "1" },
      { ...outside, operation: "setPassword", username: undefined, userId: "1" }
    ])
    expect(stores.sessions.rows.size).toBe(0)
  })

  it("refuses by Busy or StoreUnavailable, and passes other errors on as bugs", async () => {
    for (const error of [
      new Busy({ retryAfterSeconds: 60 }),
      new StoreUnavailable({ operation: "count attempts", cause: "down" }),
      new TypeError("a bug")
    ]) {
      const { users } = memory()
      const { logIn } = application({
        backends: { [model]: modelBackend({ ...users, findByUsername: () => expect.fail("the database was asked") }) },
        beforeAttempt: () => Promise.reject(error)
      })
      await expect(logIn("192.0.2.1", "alice", "right")).rejects.toBe(error)
    }
  })
})

describe("the address of an attempt", () => {
  it("is that of the socket, or what clientAddress says", async () => {
    for (const [options, expected] of [
      [{}, "127.0.0.1"],
      [{ clientAddress: () => "203.0.113.9" }, "203.0.113.9"]
    ] as const) {
      const seen: Array<unknown> = []
      const { auth } = application({ ...options, beforeAttempt: ({ address }) => void seen.push(address) })
      const handler = nodeAuth(auth, async (_, res, { authenticate }) => {
        await authenticate({ username: "alice", password: "wrong" })
        res.end()
      })
      const server = createServer(handler)
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const { port } = server.address() as AddressInfo
      await fetch(`http://127.0.0.1:${port}/`)
      server.close()
      expect(seen).toEqual([expected])
    }
  })
})
