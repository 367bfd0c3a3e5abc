import { describe, expect, it } from "vitest"
import { login } from "../../../../src/core/auth/login/login.ts"
import { logout } from "../../../../src/core/auth/login/logout.ts"
import { updateSessionAuthHash } from "../../../../src/core/auth/login/update-session-auth-hash.ts"
import type { Authenticated } from "../../../../src/core/auth/state/request-state.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import { identity, model, moment, newKey, oldKey, plain, read, request, settings, type User } from "../scene.ts"

const alice: Authenticated<User> = {
  user: { name: "alice" },
  principal: { id: "1", backend: model, authHash: "hash-1" }
}
const bob: Authenticated<User> = { user: { name: "bob" }, principal: { id: "2", backend: model, authHash: "hash-2" } }
const resolved = { _tag: "Authenticated" as const, ...alice }

describe("login", () => {
  it("gives an anonymous session a new key and keeps its data", () => {
    const after = login(settings, request, read({ cart: [1] }), alice, moment)
    expect(after.session.key).toBe(newKey)
    expect(after.session.storedKey).toBe(oldKey)
    expect(plain(after.session.data)).toEqual({ cart: [1], ...identity("1", "hash-1") })
  })

  it("names the user, rotates the CSRF secret and announces it", () => {
    const after = login(settings, request, read({}), alice, moment)
    expect(after.request).toEqual({ ...request, user: resolved, csrf: { secret: "S".repeat(32), dirty: true } })
    expect(after.effects).toEqual([{ _tag: "AnnounceSignal", signal: "user_logged_in", user: { name: "alice" } }])
  })

  it("keeps the key when the same user logs in again, and still rotates the CSRF secret", () => {
    const after = login(settings, request, read({ cart: [1], ...identity("1", "hash-1") }), alice, moment)
    expect(after.session.key).toBe(oldKey)
    expect(plain(after.session.data)).toEqual({ cart: [1], ...identity("1", "hash-1") })
    expect(after.request.csrf).toEqual({ secret: "S".repeat(32), dirty: true })
  })

  it("flushes when another user was logged in", () => {
    const after = login(settings, request, read({ cart: [1], ...identity("1", "hash-1") }), bob, moment)
    expect([after.session.key, after.session.storedKey, after.session.base]).toEqual([
      undefined,
      oldKey,
      { _tag: "Flushed" }
    ])
    expect(plain(after.session.data)).toEqual(identity("2", "hash-2"))
  })

  it("flushes when the same user had another password", () => {
    const after = login(settings, request, read({ cart: [1], ...identity("1", "hash-0") }), alice, moment)
    expect(plain(after.session.data)).toEqual(identity("1", "hash-1"))
    expect(after.session.base).toEqual({ _tag: "Flushed" })
  })

  it("flushes when a user with that id and hash belongs to another backend", () => {
    const using = { ...settings, realms: new Map([["site.backends.Staff", "the staff"]]) }
    const session = read({ cart: [1], ...identity("1", "hash-1", "site.backends.Staff") })
    const after = login(using, request, session, alice, moment)
    expect([after.session.key, plain(after.session.data)]).toEqual([undefined, identity("1", "hash-1")])
  })

  it("flushes the session if it has a user id in any form", () => {
    const after = login(settings, request, read({ cart: [1], _auth_user_id: { odd: true } }), alice, moment)
    expect(plain(after.session.data)).toEqual(identity("1", "hash-1"))
  })

  it("writes the CSRF secret into the session with `useSessions`", () => {
    const using = { ...settings, csrf: { ...settings.csrf, useSessions: true } }
    expect(plain(login(using, request, read({}), alice, moment).session.data)).toMatchObject({
      _csrftoken: "S".repeat(32)
    })
  })
})

describe("logout", () => {
  it("removes all data and announces the user who logged out", () => {
    const after = logout({ ...request, user: resolved }, read({ cart: [1], ...identity("1", "hash-1") }))
    expect(after.session).toEqual(Session.flush(read({ cart: [1], ...identity("1", "hash-1") })))
    expect(after.request.user).toEqual({ _tag: "Anonymous" })
    expect(after.effects).toEqual([{ _tag: "AnnounceSignal", signal: "user_logged_out", user: { name: "alice" } }])
  })

  it("does so for anonymous visitors, too, and keeps the CSRF secret", () => {
    const after = logout(request, Session.fromCookie(undefined))
    expect(after.effects).toEqual([{ _tag: "AnnounceSignal", signal: "user_logged_out", user: undefined }])
    expect(after.request.csrf).toBe(request.csrf)
    expect([after.session.storedKey, after.session.base]).toEqual([undefined, { _tag: "Absent" }])
  })
})

describe("updateSessionAuthHash", () => {
  const changed: Authenticated<User> = { ...alice, principal: { ...alice.principal, authHash: "hash-new" } }
  const loggedIn = { ...request, user: resolved }

  it("renews the key, writes the new hash, and does not recreate a deleted session", () => {
    const after = updateSessionAuthHash(loggedIn, read(identity("1", "hash-1")), changed, moment)
    expect([after.session.key, after.session.ifGone]).toEqual([newKey, "Interrupt"])
    expect(plain(after.session.data)).toEqual(identity("1", "hash-new"))
    expect(after.request.user).toEqual({ _tag: "Authenticated", ...changed })
  })

  it("does not change the hash in another user's session", () => {
    const after = updateSessionAuthHash(loggedIn, read(identity("1", "hash-1")), bob, moment)
    expect(plain(after.session.data)).toEqual(identity("1", "hash-1"))
    expect(after.session.key).toBe(newKey)
  })
})
