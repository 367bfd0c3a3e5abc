/** Sessions of browsers that cannot bind them, with the option `unbound: "end"`. */
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
  header,
  https,
  loggedIn,
  navigating,
  probe,
  prove,
  seconds,
  short,
  who
} from "./device-visitor.ts"

const verdict: Handler = async ({ deviceVerdict }) => ({ body: (await deviceVerdict()) ?? "none" })

const addToCart: Handler = async ({ session }) => {
  await session.set("cart", [1])
  return {}
}

export const unboundEnds: ReadonlyArray<Clause> = [
  clause("a session that no device has registered for is open within the grace, and closed after it", async (site) => {
    const { key, long } = await loggedIn(site)
    expect((await site.visit(who, { lines: long })).body).toBe('["alice",false]')
    seconds(11)
    site.stores.heal()
    const closed = await site.visit(who, { lines: long })
    expect([closed.status, closed.body, Wire.cookiesOf(closed)]).toEqual([200, "[null,false]", []])
    expect((await site.visit(verdict, { lines: long })).body).toBe("Unregistered")
    let error: unknown
    const failing: Handler = async (context, request) =>
      addToCart(context, request).catch((cause: unknown) => {
        error = cause
        return { status: 401 }
      })
    const written = await site.visit(failing, { lines: long })
    expect([error instanceof DeviceProofMissing, Wire.cookiesOf(written)]).toEqual([true, []])
    // No request of this browser could prove anything, so it is not asked to come again.
    const page = await site.visit(who, { lines: [...long, ...navigating] })
    expect([page.status, header(page, "refresh")]).toEqual([200, ""])
    expect([site.stores.commits(), await site.dataOf(key)]).toMatchObject([0, {}])
  }),
  clause("a login on http is closed immediately", async (site) => {
    const login = await site.visit(doing(authenticated))
    const lines = [`Cookie: sessionid=${keyIn(login)}`]
    expect((await site.visit(verdict, { lines })).body).toBe("Unbound")
    expect((await site.visit(who, { lines })).body).toBe("[null,false]")
  }),
  clause("a visitor without a user keeps the session", async (site) => {
    const key = keyIn(await site.visit(addToCart, { lines: [https] }))
    seconds(11)
    expect((await site.visit(who, { lines: [https, `Cookie: sessionid=${key}`] })).body).toBe("[null,true]")
  }),
  clause("a device that registers keeps the session, and a copy does not", async (site) => {
    const browser = await bound(site)
    seconds(11)
    expect((await site.visit(who, { lines: browser.lines })).body).toBe('["alice",false]')
    expect((await site.visit(who, { lines: browser.long })).body).toBe("[null,false]")
    const renewed = await prove(site, browser, browser.device.prove(challengeIn(await probe(site, browser))))
    expect(renewed.status).toBe(200)
  }),
  clause("a new login, and a logout, are possible all the same", async (site) => {
    const { key, long } = await loggedIn(site)
    seconds(11)
    const again = await site.visit(doing(authenticated), { lines: long })
    expect(keyIn(again)).not.toBe(key)
    const lines = [https, `Cookie: sessionid=${keyIn(again)}`]
    expect((await site.visit(who, { lines })).body, "within its grace").toBe('["alice",false]')
    seconds(11)
    const ended = await site.visit(
      doing(({ logout }) => logout()),
      { lines }
    )
    expect(deletes(ended, "sessionid")).toBe(true)
    expect((await site.visit(who, { lines })).body).toBe("[null,false]")
  }),
  clause("an exempt path is not judged", async (site) => {
    const { long } = await loggedIn(site)
    seconds(11)
    const reply = await Wire.ask(site.port, Wire.request("GET", `/static${site.at(who)}`, long, ""))
    expect(reply.body).toBe('["alice",false]')
  })
]

/** With `observe`. */
export const unboundStays: ReadonlyArray<Clause> = [
  clause("a session that no device has registered for goes on", async (site) => {
    const { long } = await loggedIn(site)
    seconds(11)
    expect((await site.visit(verdict, { lines: long })).body).toBe("Unregistered")
    expect(keyIn(await site.visit(addToCart, { lines: long }))).toBeDefined()
    expect((await site.visit(who, { lines: long })).body).toBe('["alice",true]')
  }),
  clause("a copy of a bound session goes on, also at an exempt path", async (site) => {
    const { key, long } = await copied(site)
    for (const target of [site.at(who), `/static${site.at(who)}`]) {
      const reply = await Wire.ask(site.port, Wire.request("GET", target, long, ""))
      expect([target, reply.body]).toEqual([target, '["alice",false]'])
    }
    const stale = [https, `Cookie: sessionid=${key}; ${short}=stale`]
    expect((await site.visit(who, { lines: stale })).body).toBe('["alice",false]')
  })
]
