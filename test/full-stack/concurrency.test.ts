/** Concurrent requests: no write is lost, no data of two users is mixed up, no ended session comes back. */
import { pbkdf2Sha256 } from "latchkey"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { type Browser, browser } from "../rig/browser.ts"
import { service } from "../rig/services.ts"
import { type Database, engines } from "./databases.ts"
import { loggedIn, type Page, passwordOf, type Site, startSite, users, whoIs } from "./site.ts"

/** Enough that two logins of one user overlap while they hash. */
const iterations = 5000

/** Handlers wait here between reading and writing, until the test lets them continue. */
const gate = () => {
  let waiting = 0
  let open = Promise.withResolvers<void>()
  return {
    pass: async (): Promise<void> => {
      waiting += 1
      await open.promise
    },
    /** Resolves when this many handlers wait. */
    reached: (by: number) => vi.waitFor(() => expect(waiting).toBe(by), { timeout: 20_000, interval: 5 }),
    open: () => {
      open.resolve()
      open = Promise.withResolvers()
      waiting = 0
    }
  }
}

const late = gate()

const pages: Readonly<Record<string, Page>> = {
  "/late": async (_req, res, { session }) => {
    await session.get("late")
    await late.pass()
    await session.set("late", true)
    res.end("{}")
  },
  "/late/user": async (_req, res, { getUser, session }) => {
    await getUser()
    await late.pass()
    await session.set("late", true)
    res.end("{}")
  },
  "/late/unread": async (_req, res, { session }) => {
    await late.pass()
    await session.clear()
    await session.set("late", true)
    res.end("{}")
  },
  "/late/login": async (_req, res, { authenticate, login, session }) => {
    await session.get("cart")
    await late.pass()
    const user = await authenticate({ username: "carol", password: passwordOf("carol") })
    await login(user ?? expect.fail("nobody"))
    res.end("{}")
  },
  "/renew": async (_req, res, { session }) => {
    await session.cycleKey()
    res.end("{}")
  },
  "/at-once": async (_req, res, { getUser, session }) => {
    const [, , first, second] = await Promise.all([session.set("a", 1), session.set("b", 2), getUser(), getUser()])
    res.end(`${first?.username} ${second?.username}`)
  }
}

/** Another browser with the same cookies. */
const copyOf = (visitor: Browser): Browser => {
  const copy = browser()
  for (const [name, value] of visitor.jar) copy.jar.set(name, value)
  return copy
}

for (const engine of engines(service("postgres")))
  describe.skipIf(!engine.available)(`requests at the same time, on ${engine.name}`, () => {
    let database: Database
    let site: Site

    beforeAll(async () => {
      database = await engine.start()
      // With some sessions the user is prefetched; with the others it needs a second query.
      site = await startSite({ url: database.url, max: database.max }, { pages, iterations, guesses: 4 })
    })
    afterAll(async () => {
      await site?.stop()
      await database?.stop()
    })
    afterEach(() => {
      expect(site.bugs).toEqual([])
    })

    const rowsOf = async (key: string | undefined): Promise<number> =>
      (await site.query("SELECT 1 FROM django_session WHERE session_key = $1", key ?? "")).length

    it("lose none of 64 keys written to one session", async () => {
      const visitor = await loggedIn(site, "alice")
      const written = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`key-${n}`, { n }]))
      const answers = await Promise.all(
        Object.entries(written).map(([key, value]) => copyOf(visitor).post(site, "/session", { [key]: value }))
      )
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      const { text } = await visitor.get(site, "/session")
      expect(JSON.parse(text)).toMatchObject(written)
      expect(await whoIs(site, visitor)).toBe("alice")
    })

    it("do not revive a session when they write after a logout", async () => {
      const visitor = await loggedIn(site, "alice")
      const thief = copyOf(visitor)
      const key = visitor.jar.get("sessionid")
      const paths = ["/late", "/late", "/late/user", "/late/unread"]
      const latecomers = paths.map((path) => copyOf(visitor).get(site, path))
      await late.reached(paths.length)
      expect((await visitor.post(site, "/logout")).status).toBe(200)
      expect(await rowsOf(key)).toBe(0)
      late.open()
      for (const { cookies, status } of await Promise.all(latecomers)) {
        expect({ status, cookies }).toEqual({ status: 400, cookies: [] })
      }
      expect(await rowsOf(key)).toBe(0)
      expect(await whoIs(site, thief)).toBeUndefined()
    })

    it.each([
      ["renews the session", "/renew", {}],
      ["changes the password", "/password", { old: passwordOf("erin"), new: passwordOf("erin") }]
    ] as const)("of which one logs out and one %s end the session, whichever comes first", async (_, path, body) => {
      for (let round = 0; round < 20; round++) {
        const visitor = await loggedIn(site, "erin")
        const [leaving, renewing] = [copyOf(visitor), copyOf(visitor)]
        const logout = () => leaving.post(site, "/logout")
        const renewal = () => renewing.post(site, path, body)
        const answers = await Promise.all(round % 2 === 0 ? [logout(), renewal()] : [renewal(), logout()])
        // The renewal may arrive after the logout: then the answer is 400, or the handler finds no user.
        expect(answers[round % 2]?.status, `round ${round}`).toBe(200)
        expect(await whoIs(site, renewing), `round ${round}`).toBeUndefined()
        expect(await whoIs(site, visitor), `round ${round}`).toBeUndefined()
      }
    })

    it("do not revive a session when they write after another user's login", async () => {
      const visitor = await loggedIn(site, "alice")
      const thief = copyOf(visitor)
      const latecomer = copyOf(visitor).get(site, "/late")
      await late.reached(1)
      expect((await visitor.post(site, "/login", { username: "bob", password: passwordOf("bob") })).status).toBe(200)
      late.open()
      expect((await latecomer).status).toBe(400)
      expect([await whoIs(site, thief), await whoIs(site, visitor)]).toEqual([undefined, "bob"])
      expect(JSON.parse((await visitor.get(site, "/session")).text)).not.toHaveProperty("late")
    })

    describe.each([
      ["without a session", async () => browser()],
      ["with an anonymous session", async () => withCart(site)],
      ["with a session of the user", async () => loggedIn(site, "carol")],
      ["with a session of another user", async () => loggedIn(site, "dave")]
    ] as const)("two logins from one browser %s", (_, arrive) => {
      it("are both answered, and the browser is logged in", async () => {
        const visitor = await arrive()
        const answers = await Promise.all([logIn(visitor, "carol"), logIn(visitor, "carol")])
        expect(answers.map(({ status }) => status)).toEqual([200, 200])
        expect(await whoIs(site, visitor)).toBe("carol")
      })
    })

    it("that log in after reading the same anonymous session both keep its data", async () => {
      const visitor = await withCart(site)
      const others = [copyOf(visitor), copyOf(visitor)]
      const logins = others.map((other) => other.get(site, "/late/login"))
      await late.reached(2)
      late.open()
      expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([200, 200])
      for (const other of others) {
        expect(JSON.parse((await other.get(site, "/session")).text)).toMatchObject({ cart: [1, 2] })
        expect(await whoIs(site, other)).toBe("carol")
      }
      expect(await rowsOf(visitor.jar.get("sessionid"))).toBe(0)
    })

    it.each(users)("both log in when the password must be rehashed (%s)", async (username) => {
      const outdated = await pbkdf2Sha256({ iterations: iterations - 1 }).encode(passwordOf(username), "salt")
      await site.query("UPDATE auth_user SET password = $1 WHERE username = $2", outdated, username)
      const visitors = [browser(), browser()]
      const answers = await Promise.all(visitors.map((visitor) => logIn(visitor, username)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      expect(await Promise.all(visitors.map((visitor) => whoIs(site, visitor)))).toEqual([username, username])
      const [row] = await site.query("SELECT password FROM auth_user WHERE username = $1", username)
      expect(row?.["password"]).toMatch(`pbkdf2_sha256$${iterations}$`)
    })

    it("of eight users each get their own user", async () => {
      const visitors = await Promise.all(
        users.map(async (username) => {
          const visitor = await loggedIn(site, username)
          await visitor.post(site, "/session", { mine: username })
          return { username, visitor }
        })
      )
      const answers = await Promise.all(
        Array.from({ length: 25 }).flatMap((_, n) =>
          visitors.map(async ({ username, visitor }) => {
            const { text } = await visitor.get(site, n % 2 === 0 ? "/me" : "/session")
            const { mine, user } = JSON.parse(text)
            return [username, mine ?? user]
          })
        )
      )
      expect(answers).toHaveLength(200)
      expect(answers.filter(([asked, answered]) => asked !== answered)).toEqual([])
    })

    it("made by one handler keep every write", async () => {
      const visitor = await loggedIn(site, "alice")
      expect((await visitor.get(site, "/at-once")).text).toBe("alice alice")
      expect(JSON.parse((await visitor.get(site, "/session")).text)).toMatchObject({ a: 1, b: 2 })
    })

    const logIn = (visitor: Browser, username: string) =>
      visitor.post(site, "/login", { username, password: passwordOf(username) })
  })

/** An anonymous visitor who has data in the session. */
const withCart = async (site: Site): Promise<Browser> => {
  const visitor = browser()
  await visitor.post(site, "/session", { cart: [1, 2] })
  return visitor
}
