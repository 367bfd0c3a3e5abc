/** How several operations of one request affect each other. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { browser, sessionOf } from "./browser.ts"
import { interleaved, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { keyOf, makeWorld, model, passwordOf, type World } from "./world.ts"

/** The number of effects of this kind in the scheduler's report. */
const count = (scheduler: fc.Scheduler, effect: string): number =>
  scheduler.report().filter(({ label, status }) => label === `${effect} leaves` && status === "resolved").length

const logIn = Pages.doing(async ({ authenticate, login }) => {
  const user = await authenticate({ username: "alice", password: passwordOf("alice") })
  if (user === undefined) throw new Error("not alice")
  await login(user)
})

describe("parallel operations of one request", () => {
  const operation = fc.constantFrom("set", "get", "getUser", "keys")

  states("parallel operations", "every write is kept, with one load and one commit", () =>
    fc.asyncProperty(
      fc.array(operation, { minLength: 2, maxLength: 6 }),
      fc.boolean(),
      turns(),
      async (operations, isAlice, scheduler) => {
        const world = await makeWorld()
        const visitor = browser()
        if (isAlice) await world.request(visitor, Pages.login("alice"))
        await world.request(visitor, Pages.write("old", 1))
        const [{ status, value }] = await interleaved(world, scheduler, () => [
          world.request(
            visitor,
            Pages.doing(({ getUser, session }) =>
              Promise.all(
                operations.map(async (each, index) => {
                  if (each === "set") await session.set(`key${index}`, index)
                  if (each === "get") expect(await session.get("old"), "parallel operations: the old value").toBe(1)
                  if (each === "keys") expect(await session.keys(), "parallel operations: the keys").toContain("old")
                  if (each === "getUser") return (await getUser())?.username
                  return isAlice ? "alice" : undefined
                })
              )
            )
          )
        ])
        expect({ status, users: new Set(value) }, "parallel operations").toEqual({
          status: 200,
          users: new Set([isAlice ? "alice" : undefined])
        })
        const sets = operations.flatMap((each, index) => (each === "set" ? [[`key${index}`, String(index)]] : []))
        expect(count(scheduler, "load"), "parallel operations: loads").toBe(1)
        expect(count(scheduler, "Update"), "parallel operations: commits").toBe(sets.length > 0 ? 1 : 0)
        expect(count(scheduler, "findById"), "parallel operations: users").toBe(0)
        const { value: after } = await world.request(visitor, Pages.look)
        expect(after?.data, "parallel operations: data").toEqual({ old: "1", ...Object.fromEntries(sets) })
      }
    )
  )

  states("writes during a login", "every write is kept, in every order", () =>
    fc.asyncProperty(
      fc.shuffledSubarray(["log in", "a", "b", "c"], { minLength: 2 }),
      turns(),
      async (operations, scheduler) => {
        const world = await makeWorld()
        const visitor = browser()
        await world.request(visitor, Pages.write("old", 1))
        await interleaved(world, scheduler, () => [
          world.request(visitor, async (context, auth) => {
            const user = await context.authenticate({ username: "alice", password: passwordOf("alice") })
            await Promise.all(
              operations.map((each) =>
                each !== "log in"
                  ? Pages.write(each, 1)(context, auth)
                  : user === undefined
                    ? undefined
                    : context.login(user)
              )
            )
            return { status: 200, value: undefined }
          })
        ])
        const { value } = await world.request(visitor, Pages.look)
        const written = operations.filter((each) => each !== "log in").map((each) => [each, "1"])
        expect(value, "writes during a login: the login").toEqual({
          user: operations.includes("log in") ? "alice" : undefined,
          data: { old: "1", ...Object.fromEntries(written) }
        })
      }
    )
  )

  it("query the user once when the session's load did not return the right user", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), turns(), async (times, scheduler) => {
        const world = await makeWorld()
        const alice = browser()
        const { issued } = await world.request(alice, Pages.login("alice"))
        // The load returns the wrong user together with the session.
        world.stores.sessions.prefetch?.remember(keyOf(issued ?? ""), model, "2")
        const [{ value }] = await interleaved(world, scheduler, () => [
          world.request(
            alice,
            Pages.doing(({ getUser }) => Promise.all(Array.from({ length: times }, () => getUser())))
          )
        ])
        expect(value?.map((user) => user?.username)).toEqual(Array(times).fill("alice"))
        expect([count(scheduler, "load"), count(scheduler, "findById")]).toEqual([1, 1])
      }),
      { numRuns: 50 }
    )
  })
})

describe("a receiver of user_logged_in", () => {
  const anonymous = async () => {
    const world = await makeWorld()
    const visitor = browser()
    await world.request(visitor, Pages.write("old", 1))
    return { world, visitor, key: sessionOf(visitor) ?? "" }
  }

  it("that throws leaves the request and its session unchanged", async () => {
    const { key, visitor, world } = await anonymous()
    world.auth.on("user_logged_in", async (_, { session }) => {
      await session.set("from the receiver", 1)
      throw new Error("refused")
    })
    const { value } = await world.request(
      visitor,
      Pages.doing(async (context, auth) => {
        const refused = await logIn(context, auth).then(
          () => "logged in",
          (error: Error) => error.message
        )
        return { refused, user: await context.getUser(), data: Object.fromEntries(await context.session.raw.all()) }
      })
    )
    expect(value).toEqual({ refused: "refused", user: undefined, data: { old: "1" } })
    expect(sessionOf(visitor)).toBe(key)
    expect([...world.stores.sessions.rows.keys()]).toEqual([key])
    expect(Object.fromEntries(world.dataOf(key) ?? [])).toEqual({ old: "1" })
  })

  it("that throws does not undo an earlier login", async () => {
    const { visitor, world } = await anonymous()
    await world.request(visitor, Pages.login("bob"))
    world.auth.on("user_logged_in", () => Promise.reject(new Error("refused")))
    const { value } = await world.request(
      visitor,
      Pages.doing(async (context, auth) => {
        await Promise.resolve(logIn(context, auth)).catch(() => undefined)
        return (await context.getUser())?.username
      })
    )
    expect(value).toBe("bob")
    expect(world.who(sessionOf(visitor) ?? "")).toBe("bob")
  })

  it("may write the session, and the write is stored", async () => {
    const { visitor, world } = await anonymous()
    world.auth.on("user_logged_in", async ({ user }, { getUser, session }) => {
      await session.set("greeted", [user.username, (await getUser())?.username])
    })
    const { issued = "" } = await world.request(visitor, logIn)
    const { value } = await world.request(visitor, Pages.look)
    expect(value).toEqual({ user: "alice", data: { old: "1", greeted: '["alice","alice"]' } })
    expect(world.who(issued)).toBe("alice")
  })

  const committed = (world: World) => {
    const heard: Array<{ readonly user: string | undefined; readonly stored: boolean }> = []
    const isStored = (user: string) => [...world.stores.sessions.rows.keys()].some((key) => world.who(key) === user)
    world.auth.on("user_logged_in", ({ user }) => void heard.push({ user: user.username, stored: isStored("alice") }), {
      when: "committed"
    })
    return heard
  }

  it("runs after the commit, if it asks for that", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("none" as const, "refused" as const, "ackLost" as const, "slow" as const), {
          maxLength: 6
        }),
        fc.constantFrom(200, 302, 404, 500, 503),
        turns(),
        async (faults, status, scheduler) => {
          const { visitor, world } = await anonymous()
          const heard = committed(world)
          world.afflict(faults)
          const [answer] = await interleaved(world, scheduler, () => [
            world.request(visitor, Pages.butAnswers(status, logIn))
          ])
          expect(heard).toEqual(answer.issued === undefined ? [] : [{ user: "alice", stored: true }])
        }
      ),
      { numRuns: 150 }
    )
  })

  it("is not called for a login that was undone in the same request", async () => {
    const { visitor, world } = await anonymous()
    const heard = committed(world)
    await world.request(visitor, Pages.both(logIn, Pages.logout))
    expect(heard).toEqual([])
  })

  it("is not called for a login that was flushed before other data was stored", async () => {
    const { visitor, world } = await anonymous()
    const heard = committed(world)
    const flushed = Pages.doing(({ session }) => session.flush())
    await world.request(visitor, Pages.both(logIn, Pages.both(flushed, Pages.write("new", 1))))
    expect(heard).toEqual([])
  })

  it("is not called for a login that another login in the same request replaced", async () => {
    const { visitor, world } = await anonymous()
    const heard = committed(world)
    await world.request(visitor, Pages.both(logIn, Pages.login("bob")))
    expect(heard.map(({ user }) => user)).toEqual(["bob"])
  })
})
