/** How many statements the server is sent for a request, BEGIN and COMMIT included. */
import { pbkdf2Sha256 } from "latchkey"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Answer, type Browser, browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { loggedIn, type Page, passwordOf, type Site, startSite } from "./site.ts"

/** Everything that a page could ask about a visitor, several times over, in turns and at once. */
const readsAll: Page = async (_req, res, { getUser, session }) => {
  const first = await getUser()
  const [second, third] = await Promise.all([getUser(), getUser(), session.get("a"), session.keys(), session.raw.all()])
  await session.has("b")
  res.end([first, second, third, await getUser()].map((user) => user?.username ?? "nobody").join(" "))
}

/** Writes twice and asks twice, at once. */
const atOnce: Page = async (_req, res, { getUser, session }) => {
  const [, , first, second] = await Promise.all([session.set("a", 1), session.set("b", 2), getUser(), getUser()])
  res.end([first, second].map((user) => user?.username ?? "nobody").join(" "))
}

/** Gives the session another key. */
const renew: Page = async (_req, res, { session }) => {
  await session.cycleKey()
  res.end("ok")
}

const pages = { "/reads-all": readsAll, "/at-once": atOnce, "/renew": renew }

describe.skipIf(!service("postgres").available)("the statements of one request", () => {
  let server: PostgresServer
  let site: Site

  beforeAll(async () => {
    server = await startPostgres()
    site = await startSite({ url: server.url }, { pages })
  })
  afterAll(async () => {
    await site?.stop()
    await server?.stop()
  })

  /** What a visit is answered, and the first word of each statement: a swap or a move of a session is a WITH. */
  const statementsOf = async (visit: () => Promise<Answer>): Promise<readonly [Answer, ReadonlyArray<string>]> => {
    let answer: Answer | undefined
    const statements = await server.statementsOf(async () => {
      answer = await visit()
    })
    return [answer ?? expect.fail("no answer"), statements.map(verb)]
  }
  const verb = (statement: string): string => /^\s*(\w+)/.exec(statement)?.[1] ?? ""

  it("are counted, transactions included", async () => {
    const [, statements] = await statementsOf(async () => {
      await site.query("BEGIN")
      await site.query("SELECT 1")
      await site.query("COMMIT")
      return browser().get(site, "/anon")
    })
    expect(statements).toEqual(["BEGIN", "SELECT", "COMMIT"])
  })

  describe("that asks for nothing", () => {
    it("are none", async () => {
      const visitor = await loggedIn(site, "alice")
      const [answer, statements] = await statementsOf(() => visitor.get(site, "/anon"))
      expect(answer.text).toBe("ok")
      expect(statements).toEqual([])
    })

    it.each(["/me", "/session", "/reads-all"])("are none when it has no cookie to ask about (%s)", async (path) => {
      const [, statements] = await statementsOf(() => browser().get(site, path))
      expect(statements).toEqual([])
    })

    it.each([
      "",
      '""',
      "a",
      "1234567",
      '"\\141\\142"'
    ])("are none when its cookie cannot be a key (%j)", async (value) => {
      const visitor = browser()
      visitor.jar.set("sessionid", value)
      const [answer, statements] = await statementsOf(() => visitor.get(site, "/reads-all"))
      expect(answer.text).toBe("nobody nobody nobody nobody")
      expect(statements).toEqual([])
    })
  })

  describe("that reads who is there, and the session", () => {
    it("is one where the user was guessed right", async () => {
      const visitor = await loggedIn(site, "alice")
      for (const path of ["/reads-all", "/me", "/reads-all"]) {
        const [answer, statements] = await statementsOf(() => visitor.get(site, path))
        expect(answer.text).toContain("alice")
        expect(statements).toEqual(["SELECT"])
      }
    })

    it("are two in a process that has not met the session yet, then one", async () => {
      const visitor = await loggedIn(site, "bob")
      const fresh = await startSite({ url: server.url }, { pages })
      try {
        for (const expected of [["SELECT", "SELECT"], ["SELECT"]]) {
          const [answer, statements] = await statementsOf(() => visitor.get(fresh, "/reads-all"))
          expect(answer.text).toBe("bob bob bob bob")
          expect(statements).toEqual(expected)
        }
      } finally {
        await fresh.stop()
      }
    })

    it("are two when the session now belongs to another user, and the answer names that user", async () => {
      const [visitor, other] = await Promise.all([loggedIn(site, "alice"), loggedIn(site, "bob")])
      await site.query(
        `UPDATE django_session SET session_data =
           (SELECT session_data FROM django_session WHERE session_key = $1) WHERE session_key = $2`,
        other.jar.get("sessionid") ?? "",
        visitor.jar.get("sessionid") ?? ""
      )
      const [answer, statements] = await statementsOf(() => visitor.get(site, "/reads-all"))
      expect(answer.text).toBe("bob bob bob bob")
      expect(statements).toEqual(["SELECT", "SELECT"])
    })
  })

  describe("that logs in", () => {
    const login = (visitor: Browser, username = "carol") =>
      visitor.post(site, "/login", { username, password: passwordOf(username) })

    it("are three without a cookie: the user, the time of login, the session", async () => {
      const [answer, statements] = await statementsOf(() => login(browser()))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["SELECT", "UPDATE", "INSERT"])
    })

    it("are four with an anonymous session, which is read and moved", async () => {
      const visitor = browser()
      await visitor.post(site, "/session", { cart: [1] })
      const [answer, statements] = await statementsOf(() => login(visitor))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["SELECT", "SELECT", "UPDATE", "WITH"])
    })

    it.each(["carol", "dave"])("are four at most in a session that is carol's (%s)", async (username) => {
      const visitor = await loggedIn(site, "carol")
      const [answer, statements] = await statementsOf(() => login(visitor, username))
      expect(answer.status).toBe(200)
      expect(statements.length).toBeLessThanOrEqual(4)
    })

    it("are one more when the password is hashed anew", async () => {
      const [stranger, shopper] = [browser(), browser()]
      await shopper.post(site, "/session", { cart: [1] })
      const outdated = await pbkdf2Sha256({ iterations: 2 }).encode(passwordOf("carol"), "salt")
      for (const [visitor, expected] of [
        [stranger, ["SELECT", "UPDATE", "UPDATE", "INSERT"]],
        [shopper, ["SELECT", "UPDATE", "SELECT", "UPDATE", "WITH"]]
      ] as const) {
        await site.query("UPDATE auth_user SET password = $1 WHERE username = 'carol'", outdated)
        const [answer, statements] = await statementsOf(() => login(visitor))
        expect(answer.status).toBe(200)
        expect(statements).toEqual(expected)
      }
    })

    it("is one when the password is wrong", async () => {
      const [answer, statements] = await statementsOf(() =>
        browser().post(site, "/login", { username: "carol", password: "wrong" })
      )
      expect(answer.status).toBe(401)
      expect(statements).toEqual(["SELECT"])
    })
  })

  describe("that logs out", () => {
    let visitor: Browser
    beforeEach(async () => {
      visitor = await loggedIn(site, "erin")
    })

    it("is one without a receiver", async () => {
      const [answer, statements] = await statementsOf(() => visitor.post(site, "/logout"))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["WITH"])
    })

    it("are two with a receiver of user_logged_out", async () => {
      const left: Array<string | undefined> = []
      const stopListening = site.auth.on("user_logged_out", ({ user }) => void left.push(user?.username))
      try {
        const [answer, statements] = await statementsOf(() => visitor.post(site, "/logout"))
        expect(answer.status).toBe(200)
        expect(statements).toEqual(["SELECT", "WITH"])
      } finally {
        stopListening()
      }
      expect(left).toEqual(["erin"])
    })
  })

  describe("that logs out with the key from before a renewal", () => {
    it("are two: one finds the new key, one ends the session", async () => {
      const visitor = await loggedIn(site, "erin")
      const late = browser()
      for (const [name, value] of visitor.jar) late.jar.set(name, value)
      expect((await visitor.post(site, "/renew")).status).toBe(200)
      const [answer, statements] = await statementsOf(() => late.post(site, "/logout"))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["WITH", "WITH"])
      expect((await visitor.get(site, "/me")).status).toBe(401)
    })
  })

  describe("that writes the session", () => {
    it("is one more than reading it", async () => {
      const visitor = await loggedIn(site, "frank")
      const [answer, statements] = await statementsOf(() => visitor.post(site, "/session", { cart: [1] }))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["SELECT", "WITH"])
    })

    it("is one more however much is asked and written at once", async () => {
      const visitor = await loggedIn(site, "frank")
      const [answer, statements] = await statementsOf(() => visitor.get(site, "/at-once"))
      expect(answer.text).toBe("frank frank")
      expect(statements).toEqual(["SELECT", "WITH"])
    })

    it("is one when there was none", async () => {
      const [answer, statements] = await statementsOf(() => browser().post(site, "/session", { cart: [1] }))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["INSERT"])
    })
  })
})
