/** Django 4.2 and the example on one database with one secret: a login at one is a login at both. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, type Browser, browser, cookieShape, written } from "../rig/browser.ts"
import { type Django, django, djangoService, type Site } from "../rig/django.ts"
import { startExample } from "../rig/example.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const available = [service("postgres"), djangoService()].every((needed) => needed.available)

type Name = "Django" | "the example"

describe.skipIf(!available)("Django and the example on one PostgreSQL", () => {
  let oracle: Django
  let sites: Readonly<Record<Name, Site>>
  const running: { readonly stop: () => Promise<void> }[] = []
  const each = [
    ["Django", "the example"],
    ["the example", "Django"]
  ] as const satisfies readonly (readonly [Name, Name])[]

  beforeAll(async () => {
    const server = await startPostgres()
    running.push(server)
    const shared = {
      databaseUrl: server.url,
      secretKey: "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
      passwordIterations: 1
    }
    oracle = django(shared)
    await oracle.migrate()
    await oracle.createUsers([...people, ...elders.map((elder) => ({ ...elder, iterations: 7 }))])
    const up = async (starting: Promise<Site>): Promise<Site> => {
      const site = await starting
      running.push(site)
      return site
    }
    const [ofDjango, ofOurs] = await Promise.all([up(oracle.serve()), up(startExample(shared))])
    sites = { Django: ofDjango, "the example": ofOurs }
  })

  afterAll(async () => {
    for (const started of running.reverse()) await started.stop()
  })

  /** Users that Django created and no test has used yet; those of the last kind have an older hash. */
  const people = Array.from({ length: 60 }, (_, n) => ({ username: `påul-${n}`, password: `Pässword ${n}` }))
  const elders = Array.from({ length: 2 }, (_, n) => ({ username: `elder-${n}`, password: `Pässword ${n}` }))
  const person = () => people.pop() ?? expect.fail("more people are needed")

  const status = (answer: Answer): number => answer.status

  /** The answer of both sites to one request of this browser, which must be the same. */
  const agreed = async (
    client: Browser,
    path: string
  ): Promise<{ readonly status: number; readonly body: unknown }> => {
    const [theirs, ours] = [await client.get(sites.Django, path), await client.get(sites["the example"], path)]
    expect({ status: ours.status, body: ours.json() }).toEqual({ status: theirs.status, body: theirs.json() })
    return { status: theirs.status, body: theirs.json() }
  }

  describe.each(each)("a session begun at %s", (here, there) => {
    it(`identifies the same user at ${there}`, async () => {
      const user = person()
      const client = browser()
      expect(status(await client.post(sites[here], "/login", user))).toBe(200)
      expect(status(await client.get(sites[there], "/me"))).toBe(200)
      expect(await agreed(client, "/me")).toEqual({ status: 200, body: { user: user.username } })
      const session = await agreed(client, "/session")
      expect(session.body).toMatchObject({ _auth_user_backend: "django.contrib.auth.backends.ModelBackend" })
    })

    it(`is read at ${there}, and values that are added there are read here`, async () => {
      const client = browser()
      const data = { greeting: 'Grüße, 世界 🗝 \u0000"', deep: [{ "": null, no: false, text: "" }, []] }
      expect(status(await client.post(sites[here], "/session", data))).toBe(200)
      expect((await agreed(client, "/session")).body).toEqual(data)
      expect(status(await client.post(sites[there], "/session", { more: true }))).toBe(200)
      expect((await agreed(client, "/session")).body).toEqual({ ...data, more: true })
    })

    it(`ends on both when the user logs out at ${there}`, async () => {
      const client = browser()
      await client.post(sites[here], "/login", person())
      const thief = browser()
      for (const [name, value] of client.jar) thief.jar.set(name, value)
      expect(await agreed(thief, "/me")).toMatchObject({ status: 200 })
      expect(status(await client.post(sites[there], "/logout"))).toBe(200)
      expect(client.jar.has("sessionid")).toBe(false)
      expect(await agreed(thief, "/me")).toEqual({ status: 401, body: { user: null } })
    })

    it(`is kept by a password change at ${there}, which ends the user's other sessions`, async () => {
      const user = person()
      const [changing, askedThere, askedHere] = [browser(), browser(), browser()]
      for (const client of [changing, askedThere, askedHere]) {
        expect(status(await client.post(sites[here], "/login", user))).toBe(200)
      }
      const changed = await changing.post(sites[there], "/password", { old: user.password, new: "another one" })
      expect({ status: changed.status, body: changed.json() }).toEqual({ status: 200, body: { user: user.username } })
      expect(await agreed(changing, "/me")).toEqual({ status: 200, body: { user: user.username } })
      expect(status(await askedThere.get(sites[there], "/me"))).toBe(401)
      expect(status(await askedHere.get(sites[here], "/me"))).toBe(401)
      for (const site of [sites[there], sites[here]]) {
        expect(status(await browser().post(site, "/login", user))).toBe(401)
        expect(status(await browser().post(site, "/login", { ...user, password: "another one" }))).toBe(200)
      }
    })

    it(`keeps its anonymous data when the user logs in at ${there}`, async () => {
      const user = person()
      const client = browser()
      await client.post(sites[here], "/session", { cart: [1, 2] })
      const anonymous = client.jar.get("sessionid")
      expect(status(await client.post(sites[there], "/login", user))).toBe(200)
      expect(client.jar.get("sessionid")).not.toBe(anonymous)
      expect((await agreed(client, "/session")).body).toMatchObject({ cart: [written("1"), written("2")] })
      const before = browser()
      before.jar.set("sessionid", anonymous ?? "")
      expect((await agreed(before, "/session")).body).toEqual({})
    })
  })

  it("a write through the example keeps the numbers that Django wrote in their form", async () => {
    const client = browser()
    const data = '{"big":12345678901234567890,"one":1.0,"deep":[{"tiny":1e-07}]}'
    expect(status(await client.post(sites.Django, "/session", data))).toBe(200)
    expect(status(await client.post(sites["the example"], "/session", { more: true }))).toBe(200)
    expect((await agreed(client, "/session")).body).toEqual({
      big: written("12345678901234567890"),
      one: written("1.0"),
      deep: [{ tiny: written("1e-07") }],
      more: true
    })
  })

  it.each(each)("a password hashed with other iterations logs in at %s, which rehashes it", async (here, there) => {
    const user = elders.pop() ?? expect.fail("more elders are needed")
    expect(await oracle.encodedPassword(user.username)).toMatch(/^pbkdf2_sha256\$7\$/)
    const client = browser()
    expect(status(await client.post(sites[here], "/login", user))).toBe(200)
    expect(await oracle.encodedPassword(user.username)).toMatch(/^pbkdf2_sha256\$1\$/)
    expect(await agreed(client, "/me")).toEqual({ status: 200, body: { user: user.username } })
    expect(status(await browser().post(sites[there], "/login", user))).toBe(200)
  })

  describe("Set-Cookie and Vary are the same, attribute by attribute", () => {
    type Visit = (client: Browser, site: Site) => Promise<Answer>
    const loggedIn = async (client: Browser, site: Site): Promise<Browser> => {
      expect(status(await client.post(site, "/login", person()))).toBe(200)
      return client
    }
    const visits: readonly (readonly [string, Visit])[] = [
      ["login", (client, site) => client.post(site, "/login", person())],
      ["refused login", (client, site) => client.post(site, "/login", { username: "nobody", password: "nothing" })],
      ["logged-in read", async (client, site) => (await loggedIn(client, site)).get(site, "/me")],
      ["second login", async (client, site) => (await loggedIn(client, site)).post(site, "/login", person())],
      ["logout", async (client, site) => (await loggedIn(client, site)).post(site, "/logout")],
      ["logout while anonymous", (client, site) => client.post(site, "/logout")],
      ["anonymous read", (client, site) => client.get(site, "/session")],
      ["session write", (client, site) => client.post(site, "/session", { a: 1 })],
      ["session write that fails", (client, site) => client.get(site, "/fail?status=500")],
      [
        "session emptied by delete",
        async (client, site) => {
          await client.post(site, "/session", { a: 1 })
          return client.post(site, "/session/delete", { keys: ["a"] })
        }
      ],
      ["new key", async (client, site) => (await loggedIn(client, site)).post(site, "/session/cycle")],
      ["flush", async (client, site) => (await loggedIn(client, site)).post(site, "/session/flush")],
      ["expiry in a minute", (client, site) => client.post(site, "/session/expiry", { seconds: 60 })],
      ["expiry with the browser", (client, site) => client.post(site, "/session/expiry", { seconds: 0 })],
      [
        "read with an unknown cookie",
        (client, site) => {
          client.jar.set("sessionid", "0123456789abcdefghijklmnopqrstuv")
          return client.get(site, "/session")
        }
      ],
      ["untouched session", async (client, site) => (await loggedIn(client, site)).get(site, "/anon")]
    ]

    it.each(visits)("after: %s", async (_name, visit) => {
      const theirs = await visit(browser(), sites.Django)
      const ours = await visit(browser(), sites["the example"])
      expect(ours.status).toBe(theirs.status)
      expect(cookieShape(ours)).toEqual(cookieShape(theirs))
    })
  })
})
