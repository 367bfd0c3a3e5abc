/** Sessions that are bound to a device: the two endpoints, closed sessions, and what a login offers. */
import { expect } from "vitest"
import { DeviceProofMissing } from "../../../../src/adapters/ports/errors.ts"
import * as Wire from "../../../full-stack/wire.ts"
import { type Device, makeDevice } from "../../../rig/device.ts"
import type { ContractContext, Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { outage } from "./faults.ts"
import { authenticated, keyIn, type Site, type SiteOptions } from "./site.ts"

/** How far the clock of the sites is ahead. It only ever grows. */
let ahead = 0
const seconds = (count: number): void => {
  ahead += count * 1000
}

const siteWith = (mode: "observe" | "enforce"): SiteOptions => ({
  auth: {
    sessionCookie: { secure: true },
    secureProxyHeader: ["X-Forwarded-Proto", "https"],
    deviceBound: { mode, exempt: ["/static"] },
    clockAndRandom: { now: () => Date.now() + ahead }
  },
  http: {
    loginRequired: ({ url = "" }) => url.includes("closed"),
    onError: () => ({ status: 418, headers: {}, body: "the application's own page" })
  }
})

const https = "X-Forwarded-Proto: https"
const navigating = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-origin"]
const fromElsewhere = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site"]
const short = "__Host-sessionid-device"

/** A browser that is logged in. */
interface Browser {
  readonly device: Device
  /** The lines of its requests, without the short cookie. */
  readonly long: ReadonlyArray<string>
  readonly offer: string
  readonly id: string
  readonly challenge: string
  readonly key: string
}

interface Bound extends Browser {
  /** The lines of its requests, with the short cookie. */
  readonly lines: ReadonlyArray<string>
  readonly short: string
}

const header = (reply: Wire.Reply, name: string): string => (reply.headers.get(name) ?? []).join()

const loggedIn = async ({ visit }: Site, username = "alice"): Promise<Browser> => {
  const reply = await visit(
    async (context) => {
      await authenticated(context, username)
      return {}
    },
    { lines: [https] }
  )
  const offer = header(reply, "secure-session-registration")
  const [, challenge = ""] = /challenge="([^"]*)"/.exec(offer) ?? []
  const key = keyIn(reply) ?? ""
  return {
    device: makeDevice(),
    long: [https, `Cookie: sessionid=${key}`],
    offer,
    challenge,
    id: challenge.split(".")[1] ?? "",
    key
  }
}

const post = ({ port }: Site, path: string, lines: ReadonlyArray<string>): Promise<Wire.Reply> =>
  Wire.ask(port, Wire.request("POST", path, lines, ""))

const register = (site: Site, browser: Browser, jws = browser.device.register(browser.challenge)) =>
  post(site, "/dbsc/register", [...browser.long, `Secure-Session-Response: ${jws}`])

const probe = (site: Site, browser: Browser) =>
  post(site, "/dbsc/refresh", [...browser.long, `Sec-Secure-Session-Id: ${browser.id}`])

const prove = (site: Site, browser: Browser, jws: string, id = browser.id) =>
  post(site, "/dbsc/refresh", [...browser.long, `Sec-Secure-Session-Id: ${id}`, `Secure-Session-Response: ${jws}`])

const challengeIn = (reply: Wire.Reply): string => {
  const [, challenge = ""] = /^"([^"]*)";id="/.exec(header(reply, "secure-session-challenge")) ?? []
  return challenge
}

const shortIn = (reply: Wire.Reply): string | undefined =>
  Wire.cookiesOf(reply)
    .map((cookie) => new RegExp(`^${short}=([^;]+)`).exec(cookie)?.[1])
    .find((value) => value !== undefined && value !== '""')

const bound = async (site: Site, username?: string): Promise<Bound> => {
  const browser = await loggedIn(site, username)
  const value = shortIn(await register(site, browser)) ?? ""
  return { ...browser, short: value, lines: [https, `Cookie: sessionid=${browser.key}; ${short}=${value}`] }
}

/** The browser after its grace, with no short cookie: a copy of the session cookie. */
const copied = async (site: Site, username?: string): Promise<Bound> => {
  const browser = await bound(site, username)
  seconds(11)
  return browser
}

const who: Handler = async ({ getUser, session }) => ({
  body: JSON.stringify([(await getUser())?.username ?? null, [...(await session.raw.all()).keys()].includes("cart")])
})

/** A handler that does one thing and answers nothing. */
const doing =
  (act: (context: ContractContext) => Promise<unknown>): Handler =>
  async (context) => {
    await act(context)
    return {}
  }

const deletes = (reply: Wire.Reply, name: string): boolean =>
  Wire.cookiesOf(reply).some((cookie) => cookie.startsWith(`${name}=`) && /max-age=0/i.test(cookie))

const expectOwnAnswer = (reply: Wire.Reply, status: number): void => {
  expect([reply.status, header(reply, "cache-control"), header(reply, "cross-origin-resource-policy")]).toEqual([
    status,
    "no-store",
    "same-origin"
  ])
  expect(Wire.cookiesOf(reply).filter((cookie) => cookie.startsWith("sessionid="))).toEqual([])
}

const exchanges: ReadonlyArray<Clause> = [
  clause("a login on https offers a registration, a login on http does not", async (site) => {
    const browser = await loggedIn(site)
    expect(browser.offer).toBe(`(ES256 RS256);path="/dbsc/register";challenge="${browser.challenge}"`)
    expect(browser.id).toMatch(/^[\w-]{22}$/)
    const plain = await site.visit(async (context) => {
      await authenticated(context)
      return {}
    })
    expect(header(plain, "secure-session-registration")).toBe("")
  }),
  clause("a login whose response is an error offers nothing", async ({ visit }) => {
    const reply = await visit(
      async (context) => {
        await authenticated(context)
        return { status: 500 }
      },
      { lines: [https] }
    )
    expect(header(reply, "secure-session-registration")).toBe("")
  }),
  clause("a registration with a good proof gives the short cookie and the instructions", async (site) => {
    const browser = await loggedIn(site)
    const reply = await register(site, browser)
    expectOwnAnswer(reply, 200)
    expect(JSON.parse(reply.body)).toEqual({
      session_identifier: browser.id,
      refresh_url: "/dbsc/refresh",
      scope: { include_site: false, scope_specification: [{ type: "exclude", path: "/static" }] },
      credentials: [{ type: "cookie", name: short, attributes: "Path=/; Secure; HttpOnly; SameSite=Lax" }]
    })
    const [cookie = ""] = Wire.cookiesOf(reply)
    expect(
      cookie
        .split("; ")
        .slice(1)
        .map((part) => part.toLowerCase())
        .sort()
    ).toEqual([expect.stringMatching(/^expires=/), "httponly", "max-age=600", "path=/", "samesite=lax", "secure"])
    expect((await register(site, browser)).status, "twice").toBe(400)
  }),
  clause("a refresh asks no store for the challenge, and once for the proof; it writes nothing", async (site) => {
    const browser = await bound(site)
    site.stores.heal()
    const first = await probe(site, browser)
    expectOwnAnswer(first, 403)
    expect([site.stores.asked().sessions, site.stores.commits()]).toEqual([0, 0])
    const second = await prove(site, browser, `"${browser.device.prove(challengeIn(first))}"`)
    expectOwnAnswer(second, 200)
    expect(shortIn(second)).toMatch(new RegExp(`^${browser.id}\\.\\d+\\.`))
    expect([site.stores.asked().sessions, site.stores.commits()]).toEqual([1, 0])
  }),
  clause("a proof of another device, of an old challenge or in another form gives nothing", async (site) => {
    const browser = await bound(site)
    const challenge = challengeIn(await probe(site, browser))
    const { device } = browser
    expectOwnAnswer(await prove(site, browser, makeDevice().prove(challenge)), 401)
    expectOwnAnswer(await prove(site, browser, device.register(challenge)), 401)
    expectOwnAnswer(await prove(site, browser, "garbage"), 401)
    for (const old of [browser.challenge, "x.y.z", challenge.replace("refresh", "register")]) {
      const again = await prove(site, browser, device.prove(old))
      expectOwnAnswer(again, 403)
      expect(challengeIn(again)).not.toBe("")
    }
    expectOwnAnswer(await prove(site, browser, device.prove(challenge), "A".repeat(22)), 404)
    expectOwnAnswer(await prove(site, browser, device.prove(challenge), "short"), 404)
    expectOwnAnswer(await prove(site, browser, device.prove(challenge)), 200)
    seconds(301)
    expectOwnAnswer(await prove(site, browser, device.prove(challenge)), 403)
  }),
  clause("without a session cookie a refresh ends the bound session, and a registration is refused", async (site) => {
    const browser = await bound(site)
    const stranger = { ...browser, long: [https] }
    expectOwnAnswer(await probe(site, stranger), 404)
    expectOwnAnswer(await prove(site, stranger, browser.device.prove("c")), 404)
    expectOwnAnswer(await register(site, stranger), 400)
    expectOwnAnswer(await post(site, "/dbsc/refresh", browser.lines), 404)
    expectOwnAnswer(await post(site, "/dbsc/register", browser.lines), 400)
  }),
  clause(
    "a session that is gone, and a store that is away, is a 503 and never ends the bound session",
    async (site) => {
      const browser = await bound(site)
      const late = await loggedIn(site)
      const challenge = challengeIn(await probe(site, browser))
      site.stores.beforeLoad = outage
      expectOwnAnswer(await probe(site, browser), 403)
      expectOwnAnswer(await prove(site, browser, browser.device.prove(challenge)), 503)
      expectOwnAnswer(await register(site, late), 503)
      expect(site.told().length).toBe(2)
      site.stores.heal()
      site.stores.beforeCommit = outage
      expectOwnAnswer(await register(site, late), 503)
      expect(site.told().length).toBe(1)
      site.stores.heal()
      site.stores.remove(browser.key)
      expectOwnAnswer(await prove(site, browser, browser.device.prove(challenge)), 503)
      expect((await register(site, late)).status).toBe(200)
    }
  ),
  clause("other methods than POST are refused", async ({ port }) => {
    const reply = await Wire.ask(port, Wire.request("GET", "/dbsc/refresh", [https], ""))
    expectOwnAnswer(reply, 405)
  }),
  clause("an offer that a browser may have missed is repeated within the grace", async (site) => {
    const browser = await loggedIn(site)
    const page = [...navigating, "Sec-Fetch-Dest: document"]
    const offerOn = async (lines: ReadonlyArray<string>) =>
      header(await site.visit(who, { lines: [...browser.long, ...lines] }), "secure-session-registration")
    expect(await offerOn(page), "immediately").toBe("")
    seconds(3)
    expect(await offerOn(["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"]), "to a script").toBe("")
    const again = await offerOn(page)
    expect(again).toContain(`challenge="register.${browser.id}.`)
    const cycled = await site.visit(
      doing(({ session }) => session.cycleKey()),
      { lines: browser.long }
    )
    const moved = { ...browser, long: [https, `Cookie: sessionid=${keyIn(cycled)}`] }
    const [, challenge = ""] = /challenge="([^"]*)"/.exec(header(cycled, "secure-session-registration")) ?? []
    expectOwnAnswer(await register(site, browser), 503)
    expectOwnAnswer(await register(site, moved, browser.device.register(challenge)), 200)
    expect(header(await site.visit(who, { lines: [...moved.long, ...page] }), "secure-session-registration")).toBe("")
    const late = await loggedIn(site)
    seconds(11)
    const first = await site.visit(who, { lines: [...late.long, ...page] })
    expect(header(first, "secure-session-registration"), "after the grace").toBe("")
  }),
  clause("a registration after the grace is refused", async (site) => {
    const browser = await loggedIn(site)
    seconds(11)
    expectOwnAnswer(await register(site, browser), 400)
  })
]

const closing: ReadonlyArray<Clause> = [
  clause("a copied session cookie shows neither user nor data, and changes nothing", async (site) => {
    const browser = await bound(site)
    const fill: Handler = async ({ session }) => {
      await session.set("cart", [1])
      return {}
    }
    await site.visit(fill, { lines: browser.lines })
    expect((await site.visit(who, { lines: browser.long })).body, "within the grace").toBe('["alice",true]')
    seconds(11)
    expect((await site.visit(who, { lines: browser.lines })).body).toBe('["alice",true]')
    const reply = await site.visit(who, { lines: browser.long })
    expect([reply.status, reply.body, Wire.cookiesOf(reply)]).toEqual([200, "[null,false]", []])
    site.stores.heal()
    for (const change of [
      fill,
      doing(({ session }) => session.clear()),
      doing(({ session }) => session.cycleKey()),
      doing(({ session }) => session.save()),
      doing(async ({ commit, getUser }) => {
        await getUser()
        await commit()
      })
    ]) {
      let error: unknown
      const failing: Handler = async (context, request) => {
        try {
          return await change(context, request)
        } catch (cause) {
          error = cause
          return { status: 400 }
        }
      }
      await site.visit(failing, { lines: browser.long })
      expect(error).toBeInstanceOf(DeviceProofMissing)
    }
    expect(site.stores.commits()).toBe(0)
    expect((await site.visit(who, { lines: browser.lines })).body).toBe('["alice",true]')
  }),
  clause("a short cookie is accepted for its life and a minute, and not after that", async (site) => {
    const browser = await bound(site)
    seconds(655)
    expect((await site.visit(who, { lines: browser.lines })).body).toBe('["alice",false]')
    seconds(10)
    const reply = await site.visit(who, { lines: browser.lines })
    expect([reply.body, deletes(reply, short), deletes(reply, "sessionid")]).toEqual(["[null,false]", true, false])
  }),
  clause("a forged short cookie, and that of another session, proves nothing", async (site) => {
    const other = await bound(site, "bob")
    const browser = await copied(site)
    const [id, expiry] = browser.short.split(".")
    for (const value of [
      other.short,
      `${id}.${Number(expiry) + 1000}.${browser.short.split(".")[2]}`,
      "x",
      `${id}..`
    ]) {
      const reply = await site.visit(who, { lines: [https, `Cookie: sessionid=${browser.key}; ${short}=${value}`] })
      expect(reply.body).toBe("[null,false]")
    }
  }),
  clause("a navigation from another site is answered with a page that comes again", async (site) => {
    const browser = await copied(site)
    const reply = await site.visit(who, { lines: [...browser.long, ...fromElsewhere] })
    expect([reply.status, reply.body, header(reply, "refresh"), header(reply, "cache-control")]).toEqual([
      401,
      "<!doctype html><title>One moment</title>",
      "0",
      "no-store"
    ])
    expect(Wire.cookiesOf(reply)).toEqual([])
    const again = await site.visit(who, { lines: [...browser.long, ...navigating] })
    expect([again.status, again.body]).toEqual([200, "[null,false]"])
    const stale = `Cookie: sessionid=${browser.key}; ${short}=stale`
    const healed = await site.visit(who, { lines: [https, stale, ...navigating] })
    expect([healed.status, header(healed, "refresh"), deletes(healed, short)]).toEqual([401, "0", true])
    const posted = await site.visit(async (context) => ({ body: String(await context.getUser()) }), {
      method: "POST",
      lines: [...browser.long, ...fromElsewhere, "Content-Type: application/json", "Origin: https://example.com"]
    })
    expect(header(posted, "refresh")).toBe("")
  }),
  clause("a guard says that a proof is required", async (site) => {
    const browser = await copied(site)
    const page: Handler = async ({ requireUser }) => ({ body: (await requireUser()).username })
    const names: Array<string> = []
    const named: Handler = async (context, request) =>
      page(context, request).catch((error: Error) => {
        names.push(error.name)
        throw error
      })
    for (const lines of [navigating, ["Sec-Fetch-Mode: cors"], fromElsewhere])
      await site.visit(named, { lines: [...browser.long, ...lines] })
    expect(names).toEqual(["ProofRequired", "ProofRequired", "ProofRequired"])
    let decision: unknown
    await site.visit(
      async ({ loginRequired }) => {
        const { _tag, ...rest } = await loginRequired()
        decision = { _tag, ...rest }
        return { status: 401 }
      },
      { lines: browser.long }
    )
    expect(decision).toMatchObject({ _tag: "Redirect", reason: "ProofRequired" })
    const healed = await site.visit(page, { lines: [...browser.long, ...fromElsewhere] })
    expect([healed.status, header(healed, "refresh")]).toEqual([401, "0"])
  }),
  clause("a login in place of a closed session makes a new one, and ends the old one", async (site) => {
    const browser = await copied(site)
    const login: Handler = async (context) => {
      await authenticated(context)
      return {}
    }
    const reply = await site.visit(login, { lines: browser.long })
    const key = keyIn(reply) ?? ""
    expect(key).not.toBe(browser.key)
    expect(header(reply, "secure-session-registration")).toContain("/dbsc/register")
    expect((await site.visit(who, { lines: [https, `Cookie: sessionid=${key}`] })).body).toBe('["alice",false]')
    expect((await site.visit(who, { lines: browser.lines })).body).toBe("[null,false]")
  }),
  clause("a login of the same user gets a new key and a new binding", async (site) => {
    const browser = await bound(site)
    const reply = await site.visit(
      async (context) => {
        await authenticated(context)
        return {}
      },
      { lines: browser.lines }
    )
    expect(keyIn(reply)).toMatch(/^[a-z0-9]{32}$/)
    expect(keyIn(reply)).not.toBe(browser.key)
    expect(header(reply, "secure-session-registration")).not.toContain(browser.id)
    expect((await site.visit(who, { lines: browser.lines })).body, "the old key").toBe("[null,false]")
  }),
  clause("a new key and a new password keep the binding", async (site) => {
    const browser = await bound(site, "carol")
    const cycled = await site.visit(
      doing(({ session }) => session.cycleKey()),
      { lines: browser.lines }
    )
    seconds(11)
    const key = keyIn(cycled) ?? ""
    const moved = { ...browser, long: [https, `Cookie: sessionid=${key}`] }
    expect(
      (await site.visit(who, { lines: [https, `Cookie: sessionid=${key}; ${short}=${browser.short}`] })).body
    ).toBe('["carol",false]')
    expect((await site.visit(who, { lines: moved.long })).body).toBe("[null,false]")
    const challenge = challengeIn(await probe(site, moved))
    expect((await prove(site, moved, browser.device.prove(challenge))).status).toBe(200)
    const changed = await site.visit(
      async ({ getUser, setPassword, updateSessionAuthHash }) => {
        const user = await getUser()
        if (user === undefined) throw new Error("no user")
        await setPassword(user, "another pässword")
        await updateSessionAuthHash(user)
        return {}
      },
      { lines: [https, `Cookie: sessionid=${key}; ${short}=${browser.short}`] }
    )
    const next = { ...browser, long: [https, `Cookie: sessionid=${keyIn(changed)}`] }
    expect((await prove(site, next, browser.device.prove(challenge))).status).toBe(200)
  }),
  clause("logout and flush delete both cookies, also for a closed session", async (site) => {
    const endings: ReadonlyArray<Handler> = [doing(({ logout }) => logout()), doing(({ session }) => session.flush())]
    for (const end of endings) {
      const browser = await bound(site)
      const reply = await site.visit(end, { lines: browser.lines })
      expect([deletes(reply, "sessionid"), deletes(reply, short)]).toEqual([true, true])
      const dead = await copied(site)
      await site.visit(end, { lines: dead.long })
      expect((await site.visit(who, { lines: dead.lines })).body).toBe("[null,false]")
    }
  }),
  clause("the application cannot change the binding, and clear keeps it", async (site) => {
    const browser = await bound(site)
    const cleared = await site.visit(
      async ({ session }) => {
        for (const change of [
          () => session.set("_latchkey_device", 1),
          () => session.update({ _latchkey_device: 1 }),
          () => session.setDefault("_latchkey_device", 1),
          () => session.raw.update(new Map([["_latchkey_device", "1" as never]]))
        ])
          await expect(change()).rejects.toMatchObject({ _tag: "SessionDataInvalid" })
        await expect(session.delete("_latchkey_device")).rejects.toMatchObject({ _tag: "SessionDataInvalid" })
        await expect(session.delete(["cart", "_latchkey_device"])).rejects.toMatchObject({ _tag: "SessionDataInvalid" })
        await expect(session.pop("_latchkey_device")).rejects.toMatchObject({ _tag: "SessionDataInvalid" })
        await session.clear()
        return { body: (await session.keys()).join() }
      },
      { lines: browser.lines }
    )
    expect([cleared.status, cleared.body]).toEqual([200, "_latchkey_device"])
  }),
  clause("exempt paths are not judged, unless they could be read in another way", async (site) => {
    const browser = await copied(site)
    const ask = (path: string) => Wire.ask(site.port, Wire.request("GET", path, browser.long, ""))
    const page = site.at(who)
    expect((await ask(`${page}/static`)).body).toBe("[null,false]")
  })
]

export const deviceBound: Chapter = {
  title: "device-bound sessions",
  site: siteWith("enforce"),
  clauses: [...exchanges, ...closing].map((one) => ({ ...one, needs: "https" as const }))
}

export const deviceObserved: Chapter = {
  title: "device-bound sessions that are only observed",
  site: siteWith("observe"),
  clauses: [
    clause(
      "a session without its proof is used all the same, and a stale short cookie is deleted",
      async (site) => {
        const browser = await copied(site)
        expect((await site.visit(who, { lines: [...browser.long, ...fromElsewhere] })).body).toBe('["alice",false]')
        const written = await site.visit(
          async ({ deviceVerdict, session }) => {
            await session.set("cart", [1])
            return { body: (await deviceVerdict()) ?? "none" }
          },
          { lines: [https, `Cookie: sessionid=${browser.key}; ${short}=stale`] }
        )
        expect([written.body, keyIn(written), deletes(written, short)]).toEqual(["Unproven", browser.key, true])
      },
      "https"
    )
  ]
}
