import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { Busy, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { nodeAuth } from "../../../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { Hasher, PasswordAttempt } from "../../../../src/adapters/ports/passwords.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory, memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { model } from "../../request/site.ts"

const checkMilliseconds = 20

/** As slow as a check in production, but without using the processor. */
const slowHasher = (onCheck: () => void): Hasher => {
  const hasher = pbkdf2Sha256({ iterations: 1 })
  return {
    ...hasher,
    verify: async (password, encoded) => {
      onCheck()
      await sleep(checkMilliseconds)
      return hasher.verify(password, encoded)
    },
    encode: async (password, salt) => {
      onCheck()
      await sleep(checkMilliseconds)
      return hasher.encode(password, salt)
    }
  }
}

const application = (options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}) => {
  const stores = memory()
  let checks = 0
  const auth = createAuth<MemoryUser, AnyFields>({
    secretKey: "a secret key of more than fifty characters, for tests only",
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [slowHasher(() => checks++)],
    concurrency: 2,
    ...options
  })
  const open = (clientAddress: string, cookie = "") =>
    auth.open({
      method: "GET",
      target: "/",
      headers: [["Cookie", cookie]],
      transport: { secure: false, serverName: "localhost", serverPort: "80", clientAddress }
    })
  const logIn = (
    clientAddress: string,
    username: string,
    password: string,
    cookie?: string
  ): Promise<MemoryUser | undefined> => open(clientAddress, cookie).context.authenticate({ username, password })
  /** The cookie of a device in which the user has logged in. */
  const knownDevice = async (username: string, password: string): Promise<string> => {
    const request = open(own)
    const user = await request.context.authenticate({ username, password })
    if (user) await request.context.login(user)
    const { cookies } = await request.respond(200)
    return cookies.flatMap((line) => /^knowndevice=[^;]*/.exec(line) ?? []).join()
  }
  return { auth, checks: () => checks, knownDevice, logIn, stores }
}

type Application = ReturnType<typeof application>

/** The attempts that each of the attacker's 24 clients makes without a pause. */
type Attack = (application: Application, client: number) => Promise<unknown>

const wrongPasswords =
  (address: (client: number) => string, username: (client: number) => string): Attack =>
  ({ logIn }, client) =>
    logIn(address(client), username(client), "wrong")

/** One user logs in 20 times during the attack. @returns the number of refused logins */
const refusedLogins = async (
  attack: Attack,
  options: Partial<AuthOptions<MemoryUser, AnyFields>> = {},
  checksBefore = 60
): Promise<number> => {
  const site = application(options)
  await site.auth.createUser({ username: "alice", password: "right" })
  const cookie = await site.knownDevice("alice", "right")
  let stop = false
  const flood = Array.from({ length: 24 }, async (_, client) => {
    while (!stop) await attack(site, client).catch(() => sleep(2))
  })
  // By default until each of 24 names had turns: before that nothing tells them from a user at the same address.
  while (site.checks() < checksBefore) await sleep(checkMilliseconds)
  let refused = 0
  for (let round = 0; round < 20; round++)
    await site.logIn(own, "alice", "right", cookie).then(
      (user) => expect(user?.username).toBe("alice"),
      (error: unknown) => {
        expect(error).toBeInstanceOf(Busy)
        refused += 1
      }
    )
  stop = true
  await Promise.all(flood)
  return refused
}

/** The user's address. */
const own = "192.0.2.1"
const other = "198.51.100.1"
const bob = () => "bob"
let accounts = 0
let networks = 0

describe.concurrent("a user who logs in while 24 clients send wrong passwords without a pause", () => {
  it.each<readonly [flood: string, Attack]>([
    ["from one address, for one user name", wrongPasswords(() => other, bob)],
    [
      "from one address, for many user names",
      wrongPasswords(
        () => other,
        (client) => `user ${client}`
      )
    ],
    ["from many addresses, for one user name", wrongPasswords((client) => `198.51.100.${client}`, bob)],
    [
      "from one IPv6 network, for many user names",
      wrongPasswords(
        (client) => `2001:db8::${client}`,
        (client) => `user ${client}`
      )
    ],
    [
      "from many IPv6 networks of 48 bits, for a new user name each time",
      wrongPasswords(
        () => `2001:db8:1:${(networks++ % 65_536).toString(16)}::1`,
        () => `name ${networks}`
      )
    ],
    ["from the user's own address, for one user name", wrongPasswords(() => own, bob)],
    [
      "from the user's own address, for four user names",
      wrongPasswords(
        () => own,
        (client) => `user ${client % 4}`
      )
    ],
    [
      "from the user's own address, for 24 user names again and again",
      wrongPasswords(
        () => own,
        (client) => `user ${client}`
      )
    ],
    ["with the right password of one account", ({ logIn }) => logIn(other, "alice", "right")],
    ["of new accounts", ({ auth }) => auth.createUser({ username: `user ${accounts++}`, password: "new" })]
  ])("is not locked out by a flood %s", async (_, attack) => {
    expect(await refusedLogins(attack)).toBe(0)
  })

  it("is not locked out by one attempt for each of 24 user names at the user's own address", async () => {
    const started = new Set<number>()
    const once: Attack = ({ logIn }, client) => {
      if (started.has(client)) return sleep(2)
      started.add(client)
      return logIn(own, `user ${client}`, "wrong")
    }
    expect(await refusedLogins(once, {}, 2)).toBe(0)
    expect(started.size).toBe(24)
  })

  it("is locked out if all attempts have one key", async () => {
    expect(
      await refusedLogins(
        wrongPasswords(() => other, bob),
        { turnKeys: () => [] }
      )
    ).toBeGreaterThan(5)
  })

  it("is not locked out if the application sets its own turnKeys", async () => {
    const turnKeys = ({ username }: PasswordAttempt) => [username ?? ""]
    expect(
      await refusedLogins(
        wrongPasswords(() => other, bob),
        { turnKeys }
      )
    ).toBe(0)
  })
})

describe.concurrent("a known device, while 24 clients send wrong passwords without a pause", () => {
  let names = 0
  let addresses = 0
  const newName = () => `name ${names++}`
  const newAddress = () => `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses++ & 255}`
  const floods: ReadonlyArray<readonly [flood: string, Attack]> = [
    ["from many addresses, for a new user name each time", wrongPasswords(newAddress, newName)],
    ["from the user's own address, for a new user name each time", wrongPasswords(() => own, newName)],
    ["from many addresses, for the user's own name", wrongPasswords(newAddress, () => "alice")]
  ]

  it.each(floods)("is not locked out with the throttle by a flood %s", async (_, attack) => {
    expect(await refusedLogins(attack, { throttle: { store: memoryThrottle() } })).toBe(0)
  })

  it.each(floods)("is locked out without the throttle by a flood %s", async (_, attack) => {
    expect(await refusedLogins(attack)).toBeGreaterThan(0)
  })
})

describe("beforeAttempt", () => {
  it("is called for every attempt, before it waits and before the database is queried", async () => {
    const seen: Array<unknown> = []
    const { auth, logIn, stores } = application({
      beforeAttempt: ({ head, ...attempt }) => void seen.push({ ...attempt, target: head?.target })
    })
    const user = await auth.createUser({ username: "alice", password: "right" })
    await logIn("192.0.2.1", "alice", "right")
    await auth.checkPassword(user!, "right")
    await auth.setPassword(user!, "other")
    const outside = { address: undefined, target: undefined, standing: "unknown" }
    expect(seen).toEqual([
      { ...outside, operation: "createUser", username: "alice", userId: undefined },
      {
        ...outside,
        operation: "authenticate",
        address: "192.0.2.1",
        username: "alice",
        userId: undefined,
        target: "/"
      },
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
  it("is the socket's, or the result of clientAddress", async () => {
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
