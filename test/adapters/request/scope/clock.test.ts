/** One clock everywhere: the application's, or the system's clock, read at each call. */
import { afterEach, describe, expect, it, vi } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import { application, browser, logIn, whoIsThere } from "../site.ts"

const day = 86_400_000

afterEach(() => {
  vi.useRealTimers()
})

describe("a clock that a test replaced after latchkey was loaded", () => {
  it("decides when sessions expire and are removed, and when reset links expire", async () => {
    const site = await application({ passwordResetTimeoutSeconds: 3600 })
    vi.useFakeTimers({ now: Date.UTC(2030, 0, 1), toFake: ["Date"] })
    const visitor = browser(site)
    const { cookies } = await visitor.visit(logIn())
    expect(cookies.join()).toContain("expires=Tue, 15 Jan 2030 00:00:00 GMT")
    const [row] = site.stores.sessions.rows.values()
    expect(row?.expiresAt).toBe(Date.UTC(2030, 0, 15))
    const user = (await site.auth.createUser({ username: "eve", password: "p" })) ?? expect.fail("the name is taken")
    const token = (await site.auth.passwordResetToken(user)) ?? expect.fail("no token")
    expect(await site.auth.checkPasswordResetToken(user, token)).toBe(true)
    expect(await site.auth.clearSessions()).toBe(0)

    vi.setSystemTime(Date.UTC(2030, 0, 15) + 1)
    expect(await site.auth.checkPasswordResetToken(user, token)).toBe(false)
    expect(await whoIsThere(visitor)).toBeUndefined()
    expect(await site.auth.clearSessions()).toBe(1)
  })
})

describe("the option clockAndRandom", () => {
  it("may set only the clock", async () => {
    let now = Date.UTC(2040, 0, 1)
    const site = await application({ clockAndRandom: { now: () => now } })
    const visitor = browser(site)
    await visitor.visit(logIn())
    await visitor.visit(async ({ getCsrfToken, session }) => {
      expect(await session.expiresAt()).toEqual(new Date(now + 14 * day))
      expect(await getCsrfToken()).toMatch(/^[a-zA-Z0-9]{64}$/)
    })
    expect(await whoIsThere(visitor)).toBe("alice")
    now += 14 * day
    expect(await whoIsThere(visitor)).toBeUndefined()
    now += 1
    expect(await site.auth.clearSessions()).toBe(1)
  })

  it("may set any other part alone", async () => {
    const key = SessionKey.parse("k".repeat(32)) ?? expect.fail("no key")
    const keyed = browser(await application({ clockAndRandom: { sessionKey: () => key } }))
    await keyed.visit(({ session }) => session.set("a", 1))
    expect(keyed.cookies.get("sessionid")).toBe(key)

    const secret = browser(await application({ clockAndRandom: { csrfSecret: () => "s".repeat(32) } }))
    await secret.visit(({ getCsrfToken }) => getCsrfToken())
    expect(secret.cookies.get("csrftoken")).toBe("s".repeat(32))

    expect(await whoIsThere(browser(await application({ clockAndRandom: {} })))).toBeUndefined()
  })

  it("is called again each time, for every kind of object", async () => {
    class Clock {
      #now = Date.UTC(2030, 0, 1)
      now() {
        return this.#now
      }
      advance(milliseconds: number) {
        this.#now += milliseconds
      }
    }
    const clock = new Clock()
    const visitor = browser(await application({ clockAndRandom: clock }))
    await visitor.visit(logIn())
    clock.advance(14 * day)
    expect(await whoIsThere(visitor)).toBeUndefined()
  })

  it("does not affect how long a request may retry: a clock that stops or jumps changes nothing", async () => {
    for (const step of [0, day]) {
      let now = Date.UTC(2030, 0, 1)
      const world = {
        now: () => {
          now += step
          return now
        }
      }
      const site = await application({ clockAndRandom: world, sessionCookie: { ageSeconds: 10_000 * 86_400 } })
      const visitor = browser(site)
      await visitor.visit(({ session }) => session.set("a", 1))
      await visitor.visit(async ({ session }) => {
        await session.set("b", 1)
        await browser(site, visitor.cookies).visit((other) => other.session.set("c", 1))
      })
      await visitor.visit(async ({ session }) => expect([...(await session.keys())].sort()).toEqual(["a", "b", "c"]))
    }
  })

  it("is refused at start if a part is not a function or is unknown", async () => {
    const refused = async (world: object) => {
      const error = await application({ clockAndRandom: world }).catch((cause: unknown) => cause)
      return error instanceof ConfigurationInvalid ? error.message : error
    }
    expect(await refused({ now: 5 })).toContain("clockAndRandom.now: write a function")
    expect(await refused({ clock: () => 5 })).toContain("clockAndRandom.clock: there is no such option")
  })

  it("must return the time in milliseconds", async () => {
    await expect(
      application({ clockAndRandom: { now: () => Number.NaN } }).then(({ auth }) => auth.clearSessions())
    ).rejects.toThrow("clockAndRandom.now")
  })
})
