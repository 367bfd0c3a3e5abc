import { describe, expect, it } from "vitest"
import { login } from "../../../../src/core/auth/login/login.ts"
import { logout } from "../../../../src/core/auth/login/logout.ts"
import * as SessionCsrf from "../../../../src/core/auth/request/session-csrf.ts"
import { type CheckSettings, check } from "../../../../src/core/csrf/check-request.ts"
import * as Secret from "../../../../src/core/csrf/csrf-secret.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import type { FreshValues } from "../../../../src/core/transition.ts"
import vectors from "../../../vectors/csrf_response.json" with { type: "json" }
import { identity, model, moment, newKey, plain, read, request, settings } from "../scene.ts"

const secret = "abcdefghijklmnopqrstuvwxyz012345"
const masked = Secret.mask(secret, "N".repeat(32))
const { fresh } = moment
const row = vectors.data.find(({ label }) => label === "get_token, sessions")
const masking = { ...settings.csrf, masksSecret: true }

describe("the CSRF secret in the session", () => {
  it("is made when a handler asks for a token, as in Django", () => {
    const drawn = "N".repeat(32)
    const after = SessionCsrf.getToken(settings.csrf, Session.fromCookie(undefined) as Session.LoadedSession, {
      sessionKey: newKey,
      csrfSecret: drawn,
      csrfMask: drawn
    })
    expect(after.token).toBe(row?.token_returned)
    expect(plain(after.session.data)).toEqual(row?.session)
    expect(after.session.modified).toBe(true)
  })

  it("stays unchanged afterwards, and the session is not written", () => {
    const session = read({ _csrftoken: secret })
    const after = SessionCsrf.getToken(settings.csrf, session, fresh)
    expect(after).toEqual({ session: { ...session, accessed: true }, token: Secret.mask(secret, "M".repeat(32)) })
  })

  it("is written unmasked where an older Django wrote it masked", () => {
    const after = SessionCsrf.getToken(settings.csrf, read({ _csrftoken: masked, cart: [1] }), fresh)
    expect(plain(after.session.data)).toEqual({ _csrftoken: secret, cart: [1] })
    expect(after.session.operations).toEqual([{ _tag: "Set", key: "_csrftoken", value: Json.write(secret) }])
    expect(after.token).toBe(Secret.mask(secret, "M".repeat(32)))
  })

  it("is masked with a Django that reads only masked secrets, and keeps its mask", () => {
    const [django32] = vectors.older
    const drawn = "N".repeat(32)
    const session = Session.fromCookie(undefined) as Session.LoadedSession
    const first = SessionCsrf.getToken(masking, session, { ...fresh, csrfSecret: drawn, csrfMask: drawn })
    expect(plain(first.session.data)).toEqual(django32?.rows["10"].session)

    const before = read({ _csrftoken: masked })
    const after = SessionCsrf.getToken(masking, before, fresh)
    expect(after).toEqual({ session: { ...before, accessed: true }, token: Secret.mask(secret, "M".repeat(32)) })

    const bare = SessionCsrf.getToken(masking, read({ _csrftoken: secret }), fresh)
    expect(plain(bare.session.data)).toEqual({ _csrftoken: Secret.mask(secret, "M".repeat(32)) })
    expect(plain(SessionCsrf.rotated(masking, before, fresh).data)).toEqual({
      _csrftoken: Secret.mask("S".repeat(32), "M".repeat(32))
    })
  })

  it.each(["", "short", `${secret}!`, 42, null, [secret]])("is replaced where it is %j", (value) => {
    const after = SessionCsrf.getToken(settings.csrf, read({ _csrftoken: value }), fresh)
    expect(plain(after.session.data)).toEqual({ _csrftoken: "S".repeat(32) })
    expect(Secret.parse(after.token)).toEqual({ _tag: "Secret", secret: "S".repeat(32) })
  })

  it("is used by the check if it is a text", () => {
    expect(SessionCsrf.stored(read({ _csrftoken: masked }))).toBe(masked)
    expect(SessionCsrf.stored(read({ _csrftoken: 42 }))).toBeUndefined()
    expect(SessionCsrf.stored(read({}))).toBeUndefined()
  })
})

// ---- the laws ----------------------------------------------------------------------------------------------------

const using = { ...settings, csrf: { ...settings.csrf, useSessions: true } }
const site: CheckSettings = {
  http: { allowedHosts: ["a.example"], useForwardedHost: false, useForwardedPort: false, secureProxyHeader: undefined },
  headerName: "X-CSRFToken",
  trustedOrigins: [],
  cookieDomain: undefined
}
const post: RequestHead = {
  method: "POST",
  target: "/",
  headers: [["Host", "a.example"]],
  transport: { secure: false, serverName: "a.example", serverPort: "80" }
}
const verdict = (session: Session.LoadedSession, token: string) =>
  check(site, post, SessionCsrf.stored(session), token)._tag

const drawing = (letter: string): FreshValues => ({
  ...fresh,
  csrfSecret: letter.repeat(32),
  csrfMask: letter.toUpperCase().repeat(32)
})
const bob = { user: { name: "bob" }, principal: { id: "2", backend: model, authHash: "hash" } }

describe("a token bound to the session", () => {
  const before = SessionCsrf.getToken(settings.csrf, read({ cart: [1] }), drawing("a"))

  it("is accepted in its own session and refused in another", () => {
    const other = SessionCsrf.getToken(settings.csrf, read({}), drawing("b"))
    expect(verdict(before.session, before.token)).toBe("Passed")
    expect(verdict(other.session, other.token)).toBe("Passed")
    expect(verdict(other.session, before.token)).toBe("Refused")
    expect(verdict(before.session, other.token)).toBe("Refused")
    expect(verdict(read({}), before.token)).toBe("Refused")
  })

  it("is still masked after a login with a Django that reads only masked secrets", () => {
    const masked = { ...using, csrf: { ...using.csrf, masksSecret: true } }
    const after = login(masked, request, before.session, bob, { ...moment, fresh: drawing("c") })
    const kept = SessionCsrf.stored(after.session) ?? ""
    expect([kept.length, Secret.unmask(kept)]).toEqual([64, "c".repeat(32)])
  })

  it("is refused after a login, and again after the same user's next login", () => {
    const once = login(using, request, before.session, bob, { ...moment, fresh: drawing("c") })
    const page = SessionCsrf.getToken(settings.csrf, once.session, drawing("d"))
    expect(verdict(once.session, before.token)).toBe("Refused")
    expect(verdict(page.session, page.token)).toBe("Passed")
    const twice = login(using, once.request, page.session, bob, { ...moment, fresh: drawing("e") })
    expect(verdict(twice.session, before.token)).toBe("Refused")
    expect(verdict(twice.session, page.token)).toBe("Refused")
  })

  it("is refused after a logout, also where a page was made in the same request", () => {
    const user = SessionCsrf.getToken(settings.csrf, read(identity("2", "hash")), drawing("f"))
    const { session } = logout(request, user.session)
    expect(verdict(session, user.token)).toBe("Refused")
    const page = SessionCsrf.getToken(settings.csrf, session, drawing("g"))
    expect(verdict(page.session, user.token)).toBe("Refused")
    expect(verdict(page.session, page.token)).toBe("Passed")
  })
})
