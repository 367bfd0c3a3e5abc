import { describe, expect, it } from "vitest"
import * as Csrf from "../../../src/core/csrf/csrf-cookie.ts"
import * as Secret from "../../../src/core/csrf/csrf-secret.ts"
import { djangoVersions } from "../../../src/core/django-version.ts"
import type { Command } from "../../../src/core/effect.ts"
import { serialize } from "../../../src/core/http/cookies/set-cookie.ts"
import { addVary } from "../../../src/core/http/headers/vary.ts"
import type { FreshValues } from "../../../src/core/transition.ts"
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

/** The same for Django 3.2: its rows replace those that differ. */
const rows32 = rows.map((row, index): Row => ({ ...row, ...vectors.older[0]?.rows[`${index}` as "2"] }))
const { keepsMalformedCsrf: keepsMalformed, masksCsrfSecret: masksSecret } = djangoVersions["3.2"]

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

/** Does what the view of a row does; returns the token that it got. */
const act = (
  row: Row,
  slot: Csrf.CsrfCookieState,
  fresh: FreshValues
): { slot: Csrf.CsrfCookieState; token: string | null } => {
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
  const isKeptInCookie = (row: Row): boolean => row.settings["CSRF_USE_SESSIONS"] !== true
  const answer = (row: Row, habits: Partial<Csrf.CsrfSettings>) => {
    const using = { ...settingsOf(row), ...habits }
    const fresh = { sessionKey: newKey, csrfSecret: row.mask_and_new_secret, csrfMask: row.mask_and_new_secret }
    const cookie = row.cookie ?? undefined
    const after = act(row, Csrf.opened(using, cookie, fresh), fresh)
    const effects = Csrf.respond(using, after.slot, cookie, { now, fresh })
    return { token_returned: after.token, set_cookie: cookieOf(effects), vary: varyOf(effects) }
  }

  it.each(rows.filter(isKeptInCookie))("answers as Django: $label", (row) => {
    expect(row).toMatchObject(answer(row, {}))
  })

  it.each(rows32.filter(isKeptInCookie))("answers as Django 3.2: $label", (row) => {
    expect(row).toMatchObject(answer(row, { keepsMalformed, masksSecret }))
  })

  it("has rows in which Django 3.2 answers differently", () => {
    expect(rows32.filter((row, index) => row.set_cookie.join() !== rows[index]?.set_cookie.join())).toHaveLength(8)
  })

  it("is empty without a cookie", () => {
    expect(Csrf.opened(settings.csrf, undefined, moment.fresh)).toEqual({ secret: undefined, dirty: false })
  })

  it("takes the secret from the cookie, masked or not", () => {
    expect(Csrf.opened(settings.csrf, secret, moment.fresh)).toEqual({ secret, dirty: false })
    expect(Csrf.opened(settings.csrf, masked, moment.fresh)).toEqual({ secret, dirty: false })
  })

  it("replaces a malformed secret by a new one", () => {
    for (const cookie of ["", "short", `${secret}!`, secret.replace("a", "-"), "ä".repeat(32), `${secret}\n`])
      expect(Csrf.opened(settings.csrf, cookie, moment.fresh)).toEqual({ secret: "S".repeat(32), dirty: true })
  })

  it("gives tokens with different masks, all for one secret", () => {
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
    for (const { token } of [first, second])
      expect(Csrf.opened(settings.csrf, token, moment.fresh).secret).toBe("S".repeat(32))
  })

  it("sends the cookie when a page gets a token, with the same secret", () => {
    expect(Csrf.getToken({ secret, dirty: false }, moment.fresh).slot).toEqual({ secret, dirty: true })
    expect(Csrf.getToken({ secret: undefined, dirty: false }, moment.fresh).slot).toEqual(Csrf.rotated(moment.fresh))
  })

  it("sends the cookie if the secret was replaced, and not if it is unchanged", () => {
    expect(Csrf.respond(settings.csrf, Csrf.rotated(moment.fresh), undefined, moment)).toEqual([
      {
        _tag: "SetCookie",
        ...settings.csrf.cookie,
        value: "S".repeat(32),
        lifetime: { maxAgeSeconds: 31_449_600, expiresAt: now + 31_449_600_000 }
      },
      { _tag: "VaryOn", header: "Cookie" }
    ])
    expect(Csrf.respond(settings.csrf, { secret, dirty: false }, secret, moment)).toEqual([])
  })

  it("sends a masked cookie for older Djangos: the same mask for the same secret, else a new one", () => {
    const masking = { ...settings.csrf, masksSecret }
    const sent = (slot: Csrf.CsrfCookieState, cookie: string | undefined) =>
      cookieOf(Csrf.respond(masking, slot, cookie, moment)).map((header) => header.split(/[=;]/)[1])
    const used = { secret, dirty: true }
    expect(sent(used, masked)).toEqual([masked])
    expect(sent(used, secret)).toEqual([Secret.mask(secret, "M".repeat(32))])
    expect(sent(Csrf.rotated(moment.fresh), masked)).toEqual([Secret.mask("S".repeat(32), "M".repeat(32))])
    expect(sent(Csrf.rotated(moment.fresh), undefined)).toEqual([Secret.mask("S".repeat(32), "M".repeat(32))])
    expect(cookieOf(Csrf.respond(settings.csrf, used, masked, moment))[0]).toContain(`=${secret};`)
  })

  it("sends a cookie until the browser closes if it has no age, and no cookie if the session keeps the secret", () => {
    const [cookie] = Csrf.respond(
      { ...settings.csrf, cookieAgeSeconds: undefined },
      Csrf.rotated(moment.fresh),
      undefined,
      moment
    )
    expect(cookie).toMatchObject({ lifetime: undefined })
    expect(
      Csrf.respond({ ...settings.csrf, useSessions: true }, Csrf.rotated(moment.fresh), undefined, moment)
    ).toEqual([])
  })
})
