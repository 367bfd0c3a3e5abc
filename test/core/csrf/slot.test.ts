import { describe, expect, it } from "vitest"
import * as Secret from "../../../src/core/csrf/secret.ts"
import * as Csrf from "../../../src/core/csrf/slot.ts"
import type { Command } from "../../../src/core/effect.ts"
import { serialize } from "../../../src/core/http/set-cookie.ts"
import { addVary } from "../../../src/core/http/vary.ts"
import type { Fresh } from "../../../src/core/transition.ts"
import vectors from "../../vectors/csrf_response.json" with { type: "json" }
import { moment, newKey, now, settings } from "../auth/scene.ts"

const secret = "abcdefghijklmnopqrstuvwxyz012345"
const masked = `${"N".repeat(32)}NOPQRSTUVWXYZ0123456789abcDEFGHI`

interface Row {
  readonly label: string
  readonly cookie: string | null
  readonly settings: Record<string, unknown>
  readonly mask_and_new_secret: string
  readonly token_returned: string | null
  readonly set_cookie: ReadonlyArray<string>
  readonly vary: string | null
}

const rows: ReadonlyArray<Row> = vectors.data

const settingsOf = (row: Row): Csrf.CsrfSettings => ({
  cookie: {
    name: String(row.settings["CSRF_COOKIE_NAME"] ?? "csrftoken"),
    path: String(row.settings["CSRF_COOKIE_PATH"] ?? "/"),
    domain: row.settings["CSRF_COOKIE_DOMAIN"] === undefined ? undefined : String(row.settings["CSRF_COOKIE_DOMAIN"]),
    secure: row.settings["CSRF_COOKIE_SECURE"] === true,
    httpOnly: row.settings["CSRF_COOKIE_HTTPONLY"] === true,
    sameSite: row.settings["CSRF_COOKIE_SAMESITE"] === "Strict" ? "Strict" : "Lax"
  },
  cookieAgeSeconds:
    row.settings["CSRF_COOKIE_AGE"] === null ? undefined : Number(row.settings["CSRF_COOKIE_AGE"] ?? 31_449_600),
  useSessions: false
})

/** What the view of a row does, and what token it got. */
const act = (row: Row, slot: Csrf.CsrfSlot, fresh: Fresh): { slot: Csrf.CsrfSlot; token: string | null } => {
  if (row.label.startsWith("get_token")) return Csrf.getToken(slot, fresh)
  return { slot: row.label.startsWith("rotate_token") ? Csrf.rotated(fresh) : slot, token: null }
}

const cookieOf = (effects: ReadonlyArray<Command<never>>): ReadonlyArray<string> =>
  effects.flatMap((effect) => (effect._tag === "SetCookie" ? [serialize(effect)] : []))

const varyOf = (effects: ReadonlyArray<Command<never>>): string | null =>
  effects.reduce<string | null>(
    (current, effect) => (effect._tag === "VaryOn" ? addVary(current ?? undefined, effect.header) : current),
    null
  )

describe("the CSRF slot", () => {
  it.each(rows.filter((row) => row.settings["CSRF_USE_SESSIONS"] !== true))("answers as Django: $label", (row) => {
    const fresh = { sessionKey: newKey, csrfSecret: row.mask_and_new_secret, csrfMask: row.mask_and_new_secret }
    const after = act(row, Csrf.opened(row.cookie ?? undefined, fresh), fresh)
    const effects = Csrf.respond(settingsOf(row), after.slot, now)
    expect({ token: after.token, cookies: cookieOf(effects), vary: varyOf(effects) }).toEqual({
      token: row.token_returned,
      cookies: row.set_cookie,
      vary: row.vary
    })
  })

  it("is empty without a cookie", () => {
    expect(Csrf.opened(undefined, moment.fresh)).toEqual({ secret: undefined, dirty: false })
  })

  it("takes the secret from the cookie, masked or not", () => {
    expect(Csrf.opened(secret, moment.fresh)).toEqual({ secret, dirty: false })
    expect(Csrf.opened(masked, moment.fresh)).toEqual({ secret, dirty: false })
  })

  it("replaces a malformed cookie at once", () => {
    for (const cookie of ["", "short", `${secret}!`, secret.replace("a", "-"), "ä".repeat(32), `${secret}\n`])
      expect(Csrf.opened(cookie, moment.fresh)).toEqual({ secret: "S".repeat(32), dirty: true })
  })

  it("gives tokens under a mask of their own, all for one secret", () => {
    const first = Csrf.getToken({ secret: undefined, dirty: false }, moment.fresh)
    expect(first.slot).toEqual({ secret: "S".repeat(32), dirty: true })
    const second = Csrf.getToken(first.slot, {
      ...moment.fresh,
      csrfSecret: "T".repeat(32),
      csrfMask: "n".repeat(32)
    })
    expect(second.slot).toEqual(first.slot)
    expect([first.token, second.token]).toEqual([
      Secret.mask("S".repeat(32), "M".repeat(32)),
      Secret.mask("S".repeat(32), "n".repeat(32))
    ])
    expect(first.token).not.toContain("S".repeat(32))
    for (const { token } of [first, second]) expect(Csrf.opened(token, moment.fresh).secret).toBe("S".repeat(32))
  })

  it("goes out when a page wants the cookie, with the secret that it had", () => {
    expect(Csrf.ensured({ secret, dirty: false }, moment.fresh)).toEqual({ secret, dirty: true })
    expect(Csrf.ensured({ secret: undefined, dirty: false }, moment.fresh)).toEqual(Csrf.rotated(moment.fresh))
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
