/**
 * A session that is bound to a device at a latchkey site, and used at a real Django site with the same database and
 * secret: what Django writes, and what its login does, keeps or ends the binding. Django has no middleware for it here.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { refresh, register, type Visitor } from "../faults/visitor.ts"
import { passwordOf, type Site, startSite } from "../full-stack/site.ts"
import { type Answer, browser } from "../rig/browser.ts"
import { makeDevice } from "../rig/device.ts"
import { type Django, type Site as DjangoSite, django, djangoService } from "../rig/django.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const isAvailable = [service("postgres"), djangoService()].every(({ available }) => available)
const secretKey = "full-stack-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

describe.skipIf(!isAvailable)("a session that is bound to a device", () => {
  let oracle: Django
  let theirs: DjangoSite
  /** Leaves unbound sessions as they are. */
  let ours: Site
  /** Ends them, on the same sessions. */
  let strict: Site
  /** Only observes. */
  let observing: Site
  /** How far the clocks of the latchkey sites are ahead, in milliseconds. */
  let ahead = 0
  const running: Array<{ readonly stop: () => Promise<void> }> = []

  beforeAll(async () => {
    const server = await startPostgres()
    running.push(server)
    oracle = django({ databaseUrl: server.url, secretKey, passwordIterations: 1 })
    await oracle.migrate()
    const start = async (mode: "enforce" | "observe", unbound: "allow" | "end") => {
      const site = await startSite(
        { url: server.url },
        {
          settings: {
            sessionCookie: { secure: true },
            secureProxyHeader: ["X-Forwarded-Proto", "https"],
            deviceBound: { mode, unbound, exempt: ["/anon"], djangoChecks: false },
            clockAndRandom: { now: () => Date.now() + ahead }
          }
        }
      )
      running.push(site)
      return site
    }
    ours = await start("enforce", "allow")
    strict = await start("enforce", "end")
    observing = await start("observe", "end")
    theirs = await oracle.serve()
    running.push(theirs)
  })
  afterAll(async () => {
    for (const { stop } of running.reverse()) await stop()
  })

  const ok = async (answer: Promise<Answer>): Promise<Answer> => {
    const { status, text } = await answer
    expect([status, text]).toEqual([200, text])
    return answer
  }
  const login = (site: { readonly url: string }, { browser }: Visitor, username: string) =>
    ok(browser.post(site, "/login", { username, password: passwordOf(username) }))

  const visitorWithout = (): Visitor => ({
    username: "alice",
    browser: browser({ "x-forwarded-proto": "https" }),
    device: makeDevice(),
    challenge: "",
    otherKeys: []
  })
  /** A browser with a bound session, whose grace is over. */
  const boundVisitor = async (username = "alice"): Promise<Visitor> => {
    const visitor = { ...visitorWithout(), username }
    const { headers } = await login(ours, visitor, username)
    visitor.challenge = /challenge="([^"]*)"/.exec(headers.get("secure-session-registration") ?? "")?.[1] ?? ""
    await ok(register(ours, visitor))
    ahead += 11_000
    return visitor
  }
  const userAt = async (site: { readonly url: string }, { browser }: Visitor): Promise<unknown> =>
    JSON.parse((await browser.get(site, "/me")).text).user
  /** The session without the short cookie: a copy of the session cookie. */
  const userOfCopy = async (site: Site, { browser: original }: Visitor): Promise<unknown> => {
    const copy = browser({ "x-forwarded-proto": "https" })
    copy.jar.set("sessionid", original.jar.get("sessionid") ?? "")
    return JSON.parse((await copy.get(site, "/me")).text).user
  }
  const bindingAt = async ({ browser }: Visitor): Promise<unknown> =>
    JSON.parse((await browser.get(theirs, "/session")).text)._latchkey_device

  it("keeps its binding when Django writes the session", async () => {
    const alice = await boundVisitor()
    const before = await bindingAt(alice)
    expect(before).toMatchObject({ v: 1, alg: "ES256" })
    await ok(alice.browser.post(theirs, "/session", { more: [1.5, "é", null] }))
    expect(await bindingAt(alice)).toEqual(before)
    expect([await userAt(ours, alice), await userOfCopy(ours, alice)]).toEqual(["alice", null])
    expect((await refresh(ours, alice)).status).toBe(200)
    ahead += 700_000
    expect(await userAt(ours, alice), "the short cookie has ended").toBe(null)
    expect((await refresh(ours, alice)).status).toBe(200)
    expect(await userAt(ours, alice)).toBe("alice")
  })

  it("keeps its binding when Django gives it a new key", async () => {
    const bob = await boundVisitor("bob")
    const before = bob.browser.jar.get("sessionid")
    await ok(bob.browser.post(theirs, "/session/cycle"))
    expect(bob.browser.jar.get("sessionid")).not.toBe(before)
    expect([await userAt(ours, bob), await userOfCopy(ours, bob)]).toEqual(["bob", null])
    expect((await refresh(ours, bob)).status).toBe(200)
  })

  it("keeps its key and binding when the same user logs in at Django", async () => {
    const carol = await boundVisitor("carol")
    const [key, binding] = [carol.browser.jar.get("sessionid"), await bindingAt(carol)]
    await login(theirs, carol, "carol")
    expect([carol.browser.jar.get("sessionid"), await bindingAt(carol)]).toEqual([key, binding])
    expect([await userAt(ours, carol), await userOfCopy(ours, carol)]).toEqual(["carol", null])
    expect((await refresh(ours, carol)).status).toBe(200)
  })

  it("loses its binding when another user logs in at Django, and the device ends its own part", async () => {
    const dave = await boundVisitor("dave")
    await login(theirs, dave, "erin")
    expect(await bindingAt(dave)).toBe(undefined)
    expect([await userAt(ours, dave), await userOfCopy(ours, dave)], "unbound").toEqual(["erin", "erin"])
    expect((await refresh(ours, dave)).status, "the browser forgets the former session").toBe(404)
    expect(await userAt(ours, dave)).toBe("erin")
  })

  it("ends at both when Django logs out", async () => {
    const frank = await boundVisitor("frank")
    const copy = new Map(frank.browser.jar)
    await ok(frank.browser.post(theirs, "/logout"))
    for (const [name, value] of copy) frank.browser.jar.set(name, value)
    expect([await userAt(ours, frank), await userAt(theirs, frank)]).toEqual([null, null])
  })

  it("is begun by a login at Django as an unbound one, which unbound: end closes", async () => {
    const grace = visitorWithout()
    await ok(grace.browser.post(ours, "/session", { cart: 1 }))
    const before = grace.browser.jar.get("sessionid")
    await login(theirs, grace, "grace")
    expect(grace.browser.jar.get("sessionid"), "Django gives it a new key").not.toBe(before)
    expect([await userAt(ours, grace), await userAt(observing, grace)]).toEqual(["grace", "grace"])
    const { jar } = grace.browser
    const cookies = new Map(jar)
    expect(await userAt(strict, grace)).toBe(null)
    expect((await grace.browser.get(strict, "/session")).text, "no data either").toBe("{}")
    expect((await grace.browser.post(strict, "/session", { cart: 2 })).status).toBe(401)
    expect([...jar], "the cookie stays").toEqual([...cookies])
    expect([await userAt(theirs, grace), await userAt(ours, grace)], "and so does the session").toEqual([
      "grace",
      "grace"
    ])
    await login(strict, grace, "grace")
    expect(await userAt(strict, grace), "a login there may be bound, so it gets its grace").toBe("grace")
  })
})
