/** Faults of stores that a test asks for. */
import { afterEach, describe, expect, it, vi } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { forceLogin, instantHasher, network } from "../../src/testing/index.ts"

const make = async () => {
  const stores = memory()
  const net = network(stores, { slowMilliseconds: 20 })
  const auth = createAuth({
    secretKey: "a secret key",
    sessions: net.sessions,
    backends: { model: modelBackend(net.users) },
    hashers: [instantHasher]
  })
  const user = await auth.createUser({ username: "alice", password: "A" })
  if (user === undefined) throw new Error("there is a user already")
  const alice = await forceLogin(auth, user)
  const app = withAuth(auth, async (request, { getUser, session }) => {
    if (request.method === "POST") await session.set("n", 1)
    return Response.json([(await getUser())?.username, await session.get("n")])
  })
  net.forget()
  return { alice, app, net }
}

const printed = vi.spyOn(console, "error").mockImplementation(() => {})
afterEach(() => {
  expect(printed).not.toHaveBeenCalled()
})

describe("a network with faults", () => {
  it("refuses a fault of an operation that no store has", async () => {
    const { net } = await make()
    expect(() => net.fail(1, "refused", ["Updat"])).toThrow(
      "fail: no store has the operation Updat; the operations are"
    )
  })

  it("refuses as many calls as were asked for, and prints nothing", async () => {
    const { alice, app, net } = await make()
    net.fail(2, "refused")
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await alice.fetch(app)).status)
    expect(statuses).toEqual([503, 503, 200])
    expect(net.log).toEqual([
      { store: "sessions", operation: "load", outcome: "refused" },
      { store: "sessions", operation: "load", outcome: "refused" },
      { store: "sessions", operation: "load", outcome: "answered" }
    ])
  })

  it("refuses all calls until it is healed", async () => {
    const { alice, app, net } = await make()
    net.fail("all", "refused")
    for (let i = 0; i < 5; i++) expect((await alice.fetch(app)).status).toBe(503)
    net.heal()
    expect((await alice.fetch(app)).status).toBe(200)
  })

  it("loses the acknowledgement of a write that was made", async () => {
    const { alice, app, net } = await make()
    net.fail(1, "acknowledgementLost", ["Update"])
    expect((await alice.fetch(app, "/", { json: {} })).status).toBe(503)
    expect(await (await alice.fetch(app)).json()).toEqual(["alice", 1])
  })

  it("makes a call later", async () => {
    const { alice, app, net } = await make()
    net.fail(1, "slow")
    const began = performance.now()
    expect((await alice.fetch(app)).status).toBe(200)
    expect(performance.now() - began).toBeGreaterThanOrEqual(19)
    expect(net.log[0]?.outcome).toBe("slow")
  })

  it("fails only the calls that are named, in the order in which faults were asked for", async () => {
    const { alice, app, net } = await make()
    net.fail(1, "refused", ["findById"])
    net.fail(1, "slow", ["load"])
    expect((await alice.fetch(app)).status).toBe(200)
    expect(net.log.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual(["load slow"])
  })

  it("says which store is missing", () => {
    // @ts-expect-error no stores
    expect(() => network({})).toThrow("network: the first argument has to be { sessions, users }; write sessions: a")
  })

  it("says what it cannot do", async () => {
    const { net } = await make()
    // @ts-expect-error there is no such fault
    expect(() => net.fail(1, "lost")).toThrow(
      "there is no fault lost; the faults are refused, acknowledgementLost, slow"
    )
    for (const count of [0, -1, 1.5, Number.NaN])
      expect(() => net.fail(count, "slow")).toThrow('the number of calls is a whole number above 0, or "all"')
    // @ts-expect-error there is no such option
    expect(() => network(memory(), { slowSeconds: 1 })).toThrow("slowSeconds: there is no such option")
  })
})

describe("failEach", () => {
  it("gives each call its own fault, in order, and then none", async () => {
    const { alice, app, net } = await make()
    net.failEach(["none", "refused"])
    expect((await alice.fetch(app, "/", { json: {} })).status).toBe(503)
    expect(net.log.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ["load", "answered"],
      ["Update", "refused"]
    ])
    expect((await alice.fetch(app, "/")).status).toBe(200)
  })

  it("refuses a fault that does not exist, and plans none of the others", async () => {
    const { alice, app, net } = await make()
    // @ts-expect-error not a fault
    expect(() => net.failEach(["refused", "slower"])).toThrow("failEach: there is no fault slower; the faults are")
    expect((await alice.fetch(app, "/")).status).toBe(200)
  })
})
