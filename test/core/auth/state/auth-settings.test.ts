import { describe, expect, it } from "vitest"
import { settings } from "../../../../src/core/auth/state/auth-settings.ts"
import { djangoVersions } from "../../../../src/core/django-version.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import type { StoreCodecSettings } from "../../../../src/core/session/text/codec.ts"

describe("the core's settings", () => {
  it("have Django's defaults", () => {
    const { authHashes, session, ...others } = settings({ secretKey: "secret" })
    const { codec, ...rest } = session
    const data = Data.of([["cart", Json.write([1])]])
    expect(codec.decode(codec.encode(data, 0))).toEqual({ _tag: "Decoded", data })
    expect(authHashes("encoded")).toHaveLength(1)
    expect(rest).toEqual({
      cookie: { name: "sessionid", path: "/", domain: undefined, secure: false, httpOnly: true, sameSite: "Lax" },
      cookieAgeSeconds: 1_209_600,
      expireAtBrowserClose: false,
      clock: { timeZone: "UTC", useTimeZones: true },
      saveEveryRequest: false,
      savesServerErrors: false,
      refusesInstants: false
    })
    expect(others).toEqual({
      csrf: {
        cookie: { name: "csrftoken", path: "/", domain: undefined, secure: false, httpOnly: false, sameSite: "Lax" },
        cookieAgeSeconds: 31_449_600,
        useSessions: false,
        masksSecret: false,
        keepsMalformed: false
      },
      backends: ["django.contrib.auth.backends.ModelBackend"],
      realms: new Map()
    })
  })

  it("take every option", () => {
    const made: Array<StoreCodecSettings> = []
    const realms = new Map([["b", "realm"]])
    const { authHashes, backends, csrf, session, ...rest } = settings({
      secretKey: "secret",
      secretKeyFallbacks: ["older"],
      djangoVersion: { ...djangoVersions["5.2"], masksCsrfSecret: true },
      sessionCookie: { name: "sid", secure: true, ageSeconds: 60 },
      saveEveryRequest: true,
      expireAtBrowserClose: true,
      csrfCookie: { domain: "example.com", sameSite: false, ageSeconds: null },
      csrfUseSessions: true,
      maximumSessionBytes: 2048,
      sessionSalt: "salt",
      timeZone: "Europe/Berlin",
      useTimeZones: false,
      backends: ["b"],
      realms,
      codec: (settings) => {
        made.push(settings)
        return { encode: () => "", decode: () => ({ _tag: "Malformed" }) }
      }
    })
    expect(made).toEqual([
      { secret: "secret", fallbacks: ["older"], maximumBytes: 2048, salt: "salt", readsSha1: false, cookieName: "sid" }
    ])
    expect(session).toMatchObject({
      cookie: { name: "sid", secure: true, path: "/" },
      cookieAgeSeconds: 60,
      expireAtBrowserClose: true,
      saveEveryRequest: true,
      clock: { timeZone: "Europe/Berlin", useTimeZones: false }
    })
    expect(csrf).toMatchObject({
      cookie: { name: "csrftoken", domain: "example.com", sameSite: false },
      cookieAgeSeconds: undefined,
      useSessions: true,
      masksSecret: true
    })
    expect([authHashes("encoded").length, backends, rest]).toEqual([2, ["b"], { realms }])
  })

  it("behave like the Django version", () => {
    const old = settings({ secretKey: "secret", djangoVersion: "3.2" })
    expect(old.session).toMatchObject({ savesServerErrors: true, refusesInstants: true })
    expect(old.csrf).toMatchObject({ masksSecret: true, keepsMalformed: true })
    expect(old.authHashes("encoded")).toHaveLength(2)
  })

  it("are not made without a secret key, with an empty fallback key, or for a version that does not exist", () => {
    expect(() => settings({ secretKey: "" })).toThrow("secretKey is missing")
    expect(() => settings({ secretKey: undefined })).toThrow("secretKey is missing")
    expect(() => settings({ secretKey: "secret", secretKeyFallbacks: ["older", ""] })).toThrow("secretKeyFallbacks")
    const djangoVersion = Object({ version: "1.11" }).version
    expect(() => settings({ secretKey: "secret", djangoVersion })).toThrow("djangoVersion is none of 3.2, 4.0,")
  })
})
