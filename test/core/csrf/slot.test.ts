import { describe, expect, it } from "vitest"
import * as Csrf from "../../../src/core/csrf/slot.ts"
import { moment, now, settings } from "../auth/scene.ts"

const secret = "abcdefghijklmnopqrstuvwxyz012345"

describe("the CSRF slot", () => {
  it("is empty without a cookie", () => {
    expect(Csrf.opened(undefined, moment.fresh)).toEqual({ secret: undefined, dirty: false })
  })

  it("takes the secret from the cookie, masked or not", () => {
    const masked = `${"N".repeat(32)}NOPQRSTUVWXYZ0123456789abcDEFGHI`
    expect(Csrf.opened(secret, moment.fresh)).toEqual({ secret, dirty: false })
    expect(Csrf.opened(masked, moment.fresh)).toEqual({ secret, dirty: false })
  })

  it("replaces a malformed cookie at once", () => {
    for (const cookie of ["", "short", `${secret}!`, secret.replace("a", "-"), "ä".repeat(32), `${secret}\n`])
      expect(Csrf.opened(cookie, moment.fresh)).toEqual({ secret: "S".repeat(32), dirty: true })
  })

  it("goes out as a cookie when it was replaced, and not otherwise", () => {
    expect(Csrf.respond(settings.csrf, Csrf.rotated(moment.fresh), now)).toEqual([
      {
        _tag: "SetCookie",
        ...settings.csrf.cookie,
        value: "S".repeat(32),
        lifetime: { maxAgeSeconds: 31_449_600, expiresAt: now + 31_449_600_000 }
      },
      { _tag: "VaryOn", header: "Cookie" }
    ])
    expect(Csrf.respond(settings.csrf, { secret, dirty: false }, now)).toEqual([])
  })

  it("ends with the browser when it has no age, and needs no cookie where it lives in the session", () => {
    const [cookie] = Csrf.respond({ ...settings.csrf, cookieAgeSeconds: undefined }, Csrf.rotated(moment.fresh), now)
    expect(cookie).toMatchObject({ lifetime: undefined })
    expect(Csrf.respond({ ...settings.csrf, useSessions: true }, Csrf.rotated(moment.fresh), now)).toEqual([])
  })
})
