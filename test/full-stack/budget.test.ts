/** How many SQL statements the server receives for one request, BEGIN and COMMIT included. */
import { Core, pbkdf2Sha256 } from "latchkey"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Answer, type Browser, browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { loggedIn, type Page, passwordOf, type Site, secretKey, startSite } from "./site.ts"

/** Calls everything that a page can read about a visitor several times, in sequence and concurrently. */
const readsAll: Page = async (_req, res, { getUser, session }) => {
  const first = await getUser()
  const [second, third] = await Promise.all([getUser(), getUser(), session.get("a"), session.keys(), session.raw.all()])
  await session.has("b")
  res.end([first, second, third, await getUser()].map((user) => user?.username ?? "anonymous").join(" "))
}

/** Writes twice and reads twice, concurrently. */
const atOnce: Page = async (_req, res, { getUser, session }) => {
  const [, , first, second] = await Promise.all([session.set("a", 1), session.set("b", 2), getUser(), getUser()])
  res.end([first, second].map((user) => user?.username ?? "anonymous").join(" "))
}

/** Changes the session key. */
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

  /**
   * The answer to a visit, and the first word of each SQL statement. A statement that replaces or moves a session is a
   * WITH.
   */
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

  describe("that reads nothing", () => {
    it("there are none", async () => {
      const visitor = await loggedIn(site, "alice")
      const [answer, statements] = await statementsOf(() => visitor.get(site, "/anon"))
      expect(answer.text).toBe("ok")
      expect(statements).toEqual([])
    })

    it.each(["/me", "/session", "/reads-all"])("there are none when the request has no cookie (%s)", async (path) => {
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
      expect(answer.text).toBe("anonymous anonymous anonymous anonymous")
      expect(statements).toEqual([])
    })
  })

  describe("that reads the user and the session", () => {
    it("there is one when the prefetched user was the right one", async () => {
      const visitor = await loggedIn(site, "alice")
      for (const path of ["/reads-all", "/me", "/reads-all"]) {
        const [answer, statements] = await statementsOf(() => visitor.get(site, path))
        expect(answer.text).toContain("alice")
        expect(statements).toEqual(["SELECT"])
      }
    })

    it("there is one, also in a process that has not loaded a user before", async () => {
      const [visitor, other] = [await loggedIn(site, "bob"), await loggedIn(site, "alice")]
      await other.post(site, "/session", { cart: Array.from({ length: 500 }, (_, n) => n * n) })
      const fresh = await startSite({ url: server.url }, { pages })
      try {
        for (const [each, name] of [
          [visitor, "bob"],
          [other, "alice"],
          [visitor, "bob"]
        ] as const) {
          const [answer, statements] = await statementsOf(() => each.get(fresh, "/reads-all"))
          expect(answer.text).toBe(Array(4).fill(name).join(" "))
          expect(statements).toEqual(["SELECT"])
        }
      } finally {
        await fresh.stop()
      }
    })

    it("there are two for a session that Django has deflated and this process has not seen, then one", async () => {
      const visitor = await loggedIn(site, "bob")
      const key = visitor.jar.get("sessionid") ?? ""
      const [row] = await site.query("SELECT session_data FROM django_session WHERE session_key = $1", key)
      const { decode } = Core.makeCodec({ secret: secretKey, fallbacks: [] })
      const decoded = decode(String(row?.["session_data"]))
      const data = decoded._tag === "Decoded" ? decoded.data : expect.fail(decoded._tag)
      const asDjango = Core.makeCodec({ secret: secretKey, fallbacks: [], deflatesFromBytes: 0 })
      const fresh = await startSite({ url: server.url }, { pages })
      try {
        await (await loggedIn(site, "alice")).get(fresh, "/me")
        const text = asDjango.encode(data, Date.now())
        await site.query("UPDATE django_session SET session_data = $1 WHERE session_key = $2", text, key)
        for (const expected of [["SELECT", "SELECT"], ["SELECT"]]) {
          const [answer, statements] = await statementsOf(() => visitor.get(fresh, "/reads-all"))
          expect(answer.text).toBe("bob bob bob bob")
          expect(statements).toEqual(expected)
        }
      } finally {
        await fresh.stop()
      }
    })

    it("there are two when the session now belongs to another user, and that user is returned", async () => {
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

    it("there are three without a cookie: the user, the time of login, the session", async () => {
      const [answer, statements] = await statementsOf(() => login(browser()))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["SELECT", "UPDATE", "INSERT"])
    })

    it("there are four with an anonymous session, which is read and moved", async () => {
      const visitor = browser()
      await visitor.post(site, "/session", { cart: [1] })
      const [answer, statements] = await statementsOf(() => login(visitor))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["SELECT", "SELECT", "UPDATE", "WITH"])
    })

    it.each(["carol", "dave"])("there are at most four in a session of carol's (%s)", async (username) => {
      const visitor = await loggedIn(site, "carol")
      const [answer, statements] = await statementsOf(() => login(visitor, username))
      expect(answer.status).toBe(200)
      expect(statements.length).toBeLessThanOrEqual(4)
    })

    it("there is one more when the password is rehashed", async () => {
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

    it("there is one when the password is wrong", async () => {
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

    it("there is one when no listener is registered", async () => {
      const [answer, statements] = await statementsOf(() => visitor.post(site, "/logout"))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["WITH"])
    })

    it("there are two when a listener needs the user who logged out", async () => {
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
    it("there are two: one finds the new key, one deletes the session", async () => {
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
    it("there is one more than for reading the session", async () => {
      const visitor = await loggedIn(site, "frank")
      const [answer, statements] = await statementsOf(() => visitor.post(site, "/session", { cart: [1] }))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["SELECT", "WITH"])
    })

    it("there is only one more, however many reads and writes run concurrently", async () => {
      const visitor = await loggedIn(site, "frank")
      const [answer, statements] = await statementsOf(() => visitor.get(site, "/at-once"))
      expect(answer.text).toBe("frank frank")
      expect(statements).toEqual(["SELECT", "WITH"])
    })

    it("there is one when there was no session", async () => {
      const [answer, statements] = await statementsOf(() => browser().post(site, "/session", { cart: [1] }))
      expect(answer.status).toBe(200)
      expect(statements).toEqual(["INSERT"])
    })
  })
})
