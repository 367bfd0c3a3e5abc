/** Every operation that checks a password, with the option `throttle`. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { LoginProof } from "../../../../src/adapters/ports/login-proof.ts"
import type { ThrottleStore } from "../../../../src/adapters/ports/throttle-store.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { address, type SiteOptions, start, throttledSite } from "./throttled-site.ts"

type Context = AuthContext<MemoryUser, AnyFields>
type Client = ReturnType<Awaited<ReturnType<typeof throttledSite>>["client"]>

const site = ({ auth, ...options }: SiteOptions = {}) =>
  throttledSite({ ...options, auth: { reauthentication: {}, ...auth } })

/** A proof by the user who is logged in. Returns whether the password was right. */
type Proof = (context: Context, user: MemoryUser, password: string) => Promise<boolean>

const proofs: ReadonlyArray<readonly [string, Proof]> = [
  ["checkPassword", ({ checkPassword }, user, password) => checkPassword(user, password)],
  [
    "changePassword",
    async ({ changePassword, updateSessionAuthHash }, user, password) => {
      const isChanged = await changePassword(user, password, password)
      if (isChanged) await updateSessionAuthHash(user)
      return isChanged
    }
  ],
  ["reauthenticate", ({ reauthenticate }, _, password) => reauthenticate({ password })]
]

/** Proves as the user who is logged in with this client. */
const prove = (client: Client, proof: Proof, password: string): Promise<boolean> =>
  client.handled(async (context) => {
    const user = await context.getUser()
    return user !== undefined && proof(context, user, password)
  })

/** Logs in, and forgets the cookie of the known device. */
const loggedIn = async (client: Client): Promise<Client> => {
  await client.logIn("alice", "alice's")
  client.cookies.delete("knowndevice")
  return client
}

const kindsOf = (keys: ReadonlyArray<{ readonly key: string }>) => keys.map(({ key }) => key.split(":")[0])

describe.each(proofs)("%s of a user who is logged in", (_, proof) => {
  it("is refused after ten failures, until the delay is over, and a success resets them", async () => {
    const { client, clock } = await site()
    const alice = await loggedIn(client(address))
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 10; at++) expect(await prove(alice, proof, "no")).toBe(false)
      expect(await prove(alice, proof, "alice's")).toBe(false)
      clock.now += 999
      expect(await prove(alice, proof, "alice's")).toBe(false)
      clock.now += 1
      expect(await prove(alice, proof, "alice's")).toBe(true)
      alice.cookies.delete("knowndevice")
    }
  })

  it("is not refused after failed logins of other clients, from its own network too", async () => {
    const { attack, client } = await site()
    const alice = await loggedIn(client(address))
    await attack("alice", 50)
    for (let at = 0; at < 50; at++) await client(address).logIn(`name ${at}`, "no")
    expect(await client(address).logIn("alice", "alice's")).toBe(false)
    expect(await prove(alice, proof, "alice's")).toBe(true)
  })

  it("does not make logins wait, and a stolen session does not make the known device wait", async () => {
    const { client } = await site()
    const known = client(address)
    await known.logIn("alice", "alice's")
    const thief = client("10.9.0.1", new Map([["sessionid", known.cookies.get("sessionid") ?? ""]]))
    for (let at = 0; at < 20; at++) expect(await prove(thief, proof, "no")).toBe(false)
    expect(await prove(thief, proof, "alice's")).toBe(false)
    expect(await client("192.0.2.9").logIn("alice", "alice's")).toBe(true)
    expect(await prove(known, proof, "alice's")).toBe(true)
  })

  it("is counted for the user, however many sessions a thief has", async () => {
    const { client } = await site()
    const sessions = []
    for (let at = 0; at < 11; at++) sessions.push(await loggedIn(client(address)))
    const [last, ...others] = sessions
    for (const other of others) expect(await prove(other, proof, "no")).toBe(false)
    expect(last && (await prove(last, proof, "alice's"))).toBe(false)
  })

  it("is counted by the device if it is known", async () => {
    const { client, counts } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's")
    await prove(alice, proof, "no")
    expect(kindsOf(counts.keys(start))).toEqual(["device"])
  })

  it("makes the browser a known device", async () => {
    const { attack, client } = await site()
    const alice = await loggedIn(client(address))
    await prove(alice, proof, "alice's")
    await attack("alice", 50)
    expect(await alice.logIn("alice", "alice's")).toBe(true)
  })

  it("does the work of a wrong password when it is refused", async () => {
    const { client, observed } = await site()
    const alice = await loggedIn(client(address))
    const wrong = await observed(() => prove(alice, proof, "no"))
    for (let at = 0; at < 9; at++) await prove(alice, proof, "no")
    expect(await observed(() => prove(alice, proof, "alice's"))).toEqual(wrong)
    expect(wrong).toEqual({ answer: false, calls: expect.arrayContaining(["take"]), work: { sha256: 20 } })
    expect(wrong.calls).not.toContain("settle")
  })

  it("is tried by at most ten of 40 requests at the same time", async () => {
    const { client } = await site({ auth: { queue: 100, queueDeadlineSeconds: 30 } })
    const alice = await loggedIn(client(address))
    const all = Array.from({ length: 40 }, (_, at) => prove(alice, proof, at === 39 ? "alice's" : "no"))
    expect(await Promise.all(all)).not.toContain(true)
  })

  it("is an error while the store is away, and decides nothing", async () => {
    let isGone = false
    const counts = memoryThrottle()
    const failing: ThrottleStore = {
      take: (asks, now) =>
        isGone ? Effect.fail(new StoreUnavailable({ operation: "take", cause: "a test" })) : counts.take(asks, now),
      settle: counts.settle
    }
    const { client } = await site({ throttle: { store: failing } })
    const alice = await loggedIn(client(address))
    isGone = true
    await expect(prove(alice, proof, "alice's")).rejects.toBeInstanceOf(StoreUnavailable)
    isGone = false
    expect(await prove(alice, proof, "alice's")).toBe(true)
    expect(counts.keys(start)).toEqual([])
  })

  it("is not counted if an outage ends it", async () => {
    let isBusy = false
    const { client, counts } = await site({
      auth: {
        beforeAttempt: () => {
          if (isBusy) throw new StoreUnavailable({ operation: "a test", cause: "a test" })
        }
      }
    })
    const alice = await loggedIn(client(address))
    isBusy = true
    await expect(prove(alice, proof, "no")).rejects.toBeInstanceOf(StoreUnavailable)
    expect(counts.keys(start)).toEqual([])
  })
})

describe("a password check in a request for a user who is not logged in", () => {
  it("is counted as a login is", async () => {
    const { attack, client, counts } = await site()
    const stranger = client(address)
    const user = await client(address).authenticate({ username: "alice", password: "alice's" })
    const check = (password: string) =>
      stranger.handled(({ checkPassword }) => checkPassword(user ?? Object(undefined), password))
    expect(await check("no")).toBe(false)
    expect(kindsOf(counts.keys(start))).toEqual(["network", "account"])
    await attack("alice", 4)
    expect(await check("alice's")).toBe(false)
  })
})

describe("a password check outside a request", () => {
  it("is counted for the user, so that failed logins do not make it wait", async () => {
    const { attack, auth, client } = await site()
    const user = (await client(address).authenticate({ username: "alice", password: "alice's" })) ?? Object(undefined)
    await attack("alice", 50)
    expect(await auth.checkPassword(user, "alice's")).toBe(true)
    for (let at = 0; at < 10; at++) expect(await auth.checkPassword(user, "no")).toBe(false)
    expect(await auth.checkPassword(user, "alice's")).toBe(false)
    expect(await Effect.runPromise(auth.accounts.changePassword(user, "alice's", "new"))).toBeUndefined()
  })
})

describe("the device cookie after a change of the password", () => {
  it("is a new one for the browser that changed it, and ends the others", async () => {
    const { attack, client } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's")
    const stolen = client("10.9.0.2", new Map(alice.cookies))
    await prove(alice, ({ changePassword }, user, password) => changePassword(user, password, "new"), "alice's")
    await attack("alice", 5)
    expect(await stolen.logIn("alice", "new")).toBe(false)
    expect(await alice.logIn("alice", "new")).toBe(true)
  })

  it("is a new one if the handler passes a copy of the user", async () => {
    const { client, clock } = await site()
    const alice = await loggedIn(client(address))
    await prove(alice, ({ changePassword }, user, password) => changePassword({ ...user }, password, "new"), "alice's")
    clock.now += 1000
    for (let at = 0; at < 10; at++) await alice.logIn("alice", "no")
    expect(await alice.logIn("alice", "new")).toBe(false)
    expect(await client(address).logIn("alice", "new")).toBe(true)
  })

  it("is not made for a wrong old password", async () => {
    const { client } = await site()
    const alice = await loggedIn(client(address))
    await prove(alice, ({ changePassword }, user, password) => changePassword(user, password, "new"), "no")
    expect([...alice.cookies.keys()]).not.toContain("knowndevice")
  })
})

describe("a proof that needs more than the password", () => {
  it("is not reset by the right password alone", async () => {
    const both: LoginProof<MemoryUser> = {
      verify: async (_, { code, password }, { checkPassword }) =>
        (await checkPassword(String(password))) && code === "1"
    }
    const { client } = await site({ auth: { loginProofs: { both } } })
    const alice = await loggedIn(client(address))
    const reauthenticate = (code: string) =>
      alice.handled((context) => context.reauthenticate({ password: "alice's", code }))
    for (let at = 0; at < 10; at++) expect(await reauthenticate("0")).toBe(false)
    expect(await reauthenticate("1")).toBe(false)
  })
})

describe("a proof without a password", () => {
  it("is refused after ten failures, until the delay is over", async () => {
    const code: LoginProof<MemoryUser> = { verify: (_, { code }) => code === "1" }
    const { client, clock } = await site({ auth: { loginProofs: { code } } })
    const alice = await loggedIn(client(address))
    const reauthenticate = (code: string) => alice.handled((context) => context.reauthenticate({ code }))
    for (let at = 0; at < 10; at++) expect(await reauthenticate("0")).toBe(false)
    expect(await reauthenticate("1")).toBe(false)
    clock.now += 1000
    expect(await reauthenticate("1")).toBe(true)
  })
})

describe("an outage after the right password", () => {
  it("takes no failure of other attempts back", async () => {
    const { client, counts, stores } = await site()
    const user = (await client(address).authenticate({ username: "alice", password: "alice's" })) ?? Object(undefined)
    for (let at = 0; at < 2; at++) await client(address).logIn("bob", "no")
    const { upgradePassword } = stores.users
    Object.assign(stores.users, {
      upgradePassword: () => Effect.fail(new StoreUnavailable({ operation: "a test", cause: "a test" }))
    })
    const change = client(address).handled(({ changePassword }) => changePassword(user, "alice's", "new"))
    await expect(change).rejects.toBeInstanceOf(StoreUnavailable)
    Object.assign(stores.users, { upgradePassword })
    expect(counts.keys(start).map(({ failures }) => failures)).toEqual([2, 2])
  })
})

describe("a stolen cookie of a known device", () => {
  it("is good for at most 120 guesses in a day", async () => {
    const { client, clock, counts } = await site()
    const alice = client(address)
    await alice.logIn("alice", "alice's")
    const thief = client("10.9.0.3", new Map([["knowndevice", alice.cookies.get("knowndevice") ?? ""]]))
    for (let minute = 0; minute < 1440; minute++) {
      clock.now += 60_000
      await thief.logIn("alice", `guess ${minute}`)
    }
    const [device, ...others] = counts.keys(clock.now)
    expect(others).toEqual([])
    expect(device?.failures).toBeGreaterThan(90)
    expect(device?.failures).toBeLessThan(120)
  })
})
