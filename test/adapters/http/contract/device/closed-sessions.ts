/** What a request without a proof can do with a device-bound session. */
import { expect } from "vitest"
import { DeviceProofMissing } from "../../../../../src/adapters/errors/errors.ts"
import * as Wire from "../../../../full-stack/wire.ts"
import type { Handler } from "../adapter.ts"
import { type Clause, clause } from "../clause.ts"
import { authenticated, keyIn } from "../site.ts"
import {
  bound,
  challengeIn,
  copied,
  deletes,
  doing,
  fromElsewhere,
  header,
  https,
  navigating,
  probe,
  prove,
  seconds,
  short,
  who
} from "./device-visitor.ts"

export const closing: ReadonlyArray<Clause> = [
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
    const popped = await site.visit(async ({ session }) => ({ body: String(await session.pop("cart")) }), {
      lines: browser.long
    })
    expect([popped.status, popped.body, Wire.cookiesOf(popped)]).toEqual([200, "undefined", []])
    site.stores.heal()
    for (const change of [
      fill,
      doing(({ session }) => session.clear()),
      doing(({ session }) => session.cycleKey()),
      doing(async ({ session }) => void (await session.delete("cart"))),
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
    expect((await site.visit(who, { lines: browser.lines })).body, "and it is all there").toBe('["alice",true]')
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
    const page = site.at(who)
    const bodyOf = async (target: string) =>
      (await Wire.ask(site.port, Wire.request("GET", target, browser.long, ""))).body
    expect(await bodyOf(`/static${page}`)).toBe('["alice",false]')
    expect(await bodyOf(`/static${page}?${page}`), "with a query").toBe('["alice",false]')
    for (const other of [page, `${page}/static`]) expect([other, await bodyOf(other)]).toEqual([other, "[null,false]"])
    // Some servers refuse these targets themselves.
    for (const other of [`/static${page}//x`, `/static${page}/%41`])
      expect([other, (await bodyOf(other)).includes("alice")]).toEqual([other, false])
    const healed = await Wire.ask(
      site.port,
      Wire.request("GET", `/static${page}`, [...browser.long, ...fromElsewhere], "")
    )
    expect([healed.status, healed.body], "a link on another site").toEqual([200, '["alice",false]'])
  })
]
