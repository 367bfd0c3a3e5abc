/** How a login changes the stored password. The hashers' own tests check that only the right password is accepted. */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { upgradesBlindly, upgradesNothing } from "./broken-stores.ts"
import { browser } from "./browser.ts"
import { interleaved, states, turns } from "./law.ts"
import * as Pages from "./pages.ts"
import { hasher, makeWorld, passwordOf, type World } from "./world.ts"

const old = passwordOf("alice")
const fresh = "a new password"

const columnOf = (world: World): string => Effect.runSync(world.stores.users.findById("1"))?.password ?? ""

/** A site whose hasher uses another number of iterations than alice's stored password. */
const outdated = async (plant: Parameters<typeof makeWorld>[0]) => {
  const world = await makeWorld({ ...plant, iterations: 1 })
  world.configure({ iterations: 2 })
  return world
}

describe("a login", () => {
  states(
    "password upgrade",
    "a right password leaves a hash of the preferred hasher for the same password; a wrong one changes nothing",
    (plant) =>
      fc.asyncProperty(
        fc.array(fc.constantFrom(old, "wrong", `${old} `, ""), { maxLength: 5 }),
        turns(),
        async (passwords, scheduler) => {
          const world = await outdated({ plant })
          const before = columnOf(world)
          const [answers] = await interleaved(world, scheduler, () => [
            Promise.all(passwords.map((password) => world.request(browser(), Pages.login("alice", password))))
          ])
          expect(
            answers.map(({ status }) => status),
            "password upgrade: answers"
          ).toEqual(passwords.map((password) => (password === old ? 200 : 401)))
          const after = columnOf(world)
          const preferred = hasher(2)
          if (passwords.includes(old)) {
            expect(preferred.mustUpdate(after), "password upgrade: the hash is up to date").toBe(false)
            expect(await preferred.verify(old, after), "password upgrade: the same password").toBe(true)
          } else expect(after, "password upgrade: nothing is written").toBe(before)
          // The session's auth hash is made from the hash that is stored after the login.
          for (const { issued } of answers)
            if (issued !== undefined) expect(world.who(issued), "password upgrade: the session is valid").toBe("alice")
        }
      ),
    { finds: [upgradesNothing, upgradesBlindly] }
  )

  states(
    "password upgrade during a password change",
    "a login at the same time never restores the old password, and its session ends if it used the old one",
    (plant) =>
      fc.asyncProperty(
        fc.array(fc.constantFrom(old, fresh), { minLength: 1, maxLength: 4 }),
        turns(),
        async (passwords, scheduler) => {
          const world = await outdated({ plant })
          const alice = Effect.runSync(world.stores.users.findById("1"))?.user
          const [answers] = await interleaved(world, scheduler, () => [
            Promise.all(passwords.map((password) => world.request(browser(), Pages.login("alice", password)))),
            alice === undefined ? Promise.resolve(false) : world.auth.setPassword(alice, fresh)
          ])
          const after = columnOf(world)
          expect(
            await hasher(2).verify(fresh, after),
            "password upgrade during a password change: the new password is valid"
          ).toBe(true)
          expect(
            await hasher(2).verify(old, after),
            "password upgrade during a password change: the old one is not"
          ).toBe(false)
          for (const [each, { issued }] of answers.entries())
            if (issued !== undefined)
              expect(world.who(issued), "password upgrade during a password change: who logged in").toBe(
                passwords[each] === fresh ? "alice" : undefined
              )
        }
      ),
    { finds: [upgradesBlindly] }
  )

  states(
    "inactive user",
    "the right password is refused like a wrong one, and the user's sessions act as no user until reactivation",
    () =>
      fc.asyncProperty(
        fc.array(fc.oneof(fc.boolean(), fc.constantFrom(old, "wrong", "visit")), { maxLength: 8 }),
        async (steps) => {
          const world = await makeWorld()
          const here = browser()
          const { issued = "" } = await world.request(here, Pages.login("alice"))
          let isActive = true
          for (const step of steps) {
            if (typeof step === "boolean") {
              isActive = step
              world.stores.users.change("1", { isActive })
            } else if (step === "visit") await world.request(here, Pages.visit)
            else {
              const { setCookies, status } = await world.request(browser(), Pages.login("alice", step))
              const admitted = isActive && step === old
              expect({ status, cookies: setCookies.length > 0 }, "inactive user: a login").toEqual({
                status: admitted ? 200 : 401,
                cookies: admitted
              })
            }
            // A user who is activated again can use the old session again, as in Django.
            expect(world.who(issued), "inactive user: the session").toBe(isActive ? "alice" : undefined)
          }
        }
      )
  )

  it("opens a valid session if the handler changed the password between authenticate and login", async () => {
    const world = await makeWorld()
    const { issued = "", status } = await world.request(
      browser(),
      Pages.doing(async ({ authenticate, login, setPassword }) => {
        const user = await authenticate({ username: "alice", password: old })
        if (user === undefined) return
        await setPassword(user, fresh)
        await login(user)
      })
    )
    expect({ status, who: world.who(issued) }).toEqual({ status: 200, who: "alice" })
  })
})

describe("a change of password", () => {
  it("ends the session that made it when another change of the password was stored later", async () => {
    const world = await makeWorld()
    const here = browser()
    await world.request(here, Pages.login("alice"))
    const { issued = "" } = await world.request(
      here,
      Pages.doing(async ({ getUser, setPassword, updateSessionAuthHash }) => {
        const user = await getUser()
        if (user === undefined) return
        await setPassword(user, "set here")
        const elsewhere = browser()
        await world.request(elsewhere, Pages.login("alice", "set here"))
        await world.request(elsewhere, Pages.changePassword("set elsewhere"))
        await updateSessionAuthHash(user)
      })
    )
    expect(world.who(issued)).toBe(undefined)
  })

  it("succeeds although the user was deactivated at the same time", async () => {
    const world = await makeWorld()
    const here = browser()
    await world.request(here, Pages.login("alice"))
    const { issued = "", status } = await world.request(
      here,
      Pages.doing(async ({ getUser, setPassword, updateSessionAuthHash }) => {
        const user = await getUser()
        if (user === undefined) return
        await setPassword(user, fresh)
        world.stores.users.change("1", { isActive: false })
        await updateSessionAuthHash(user)
      })
    )
    expect({ status, who: world.who(issued) }).toEqual({ status: 200, who: undefined })
  })
})
