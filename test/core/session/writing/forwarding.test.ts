/** Which renewals let a logout with the old key find the new key, and how a logout follows to the new key. */
import { describe, expect, it } from "vitest"
import { settings as makeSettings } from "../../../../src/core/auth/state/auth-settings.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import type { SessionData } from "../../../../src/core/json/session-data.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import * as Respond from "../../../../src/core/session/writing/commit.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import type { Moment } from "../../../../src/core/transition.ts"

const now = 1_700_000_000_000
const key = (letter: string) => SessionKey.parse(letter.repeat(32)) ?? expect.fail("no key")
const [oldKey, newKey, nextKey] = [key("k"), key("n"), key("x")]
const moment: Moment = { now, fresh: { sessionKey: newKey, csrfSecret: "s".repeat(32), csrfMask: "m".repeat(32) } }
const settings = makeSettings({ secretKey: "a secret" }).session
const { codec } = settings
const request = { sessionCookiePresented: true }

const identity = (id: unknown, backend: unknown, hash: unknown = "hash") => ({
  id: Json.write(id),
  backend: Json.write(backend),
  hash: Json.write(hash)
})
const acting = (id: unknown, backend: unknown = "model"): SessionData =>
  Data.of([
    ["_auth_user_id", Json.write(id)],
    ["_auth_user_backend", Json.write(backend)],
    ["_auth_user_hash", Json.write("hash")]
  ])
const anonymous: SessionData = Data.of([["cart", Json.write([1])]])
/** A session that was read and holds this data. */
const read = (data: SessionData): Session.LoadedSession =>
  Session.found(Session.fromCookie(oldKey), codec.encode(data, now), data)
const renewed = (session: Session.LoadedSession) => Session.renew(session, newKey, "Interrupt")

const changeOf = (session: Session.Session) => {
  const step = Respond.respond(settings, request, session, 200, moment)
  return step._tag === "Paused" && step.query._tag === "CommitSession" ? step.query.change : undefined
}

describe("a renewal", () => {
  const forwarding: Readonly<Record<string, Session.LoadedSession>> = {
    "of a user's session": renewed(read(acting("1"))),
    "with a new session auth hash": Session.reidentify(renewed(read(acting("1"))), identity("1", "model", "newer")),
    "of a session that holds the id as a number": Session.identify(renewed(read(acting(1))), identity("1", "model")),
    "with other writes": Session.set(renewed(read(acting("1"))), "cart", Json.write([1]))
  }
  it.each(Object.entries(forwarding))("%s forwards a logout", (_, session) => {
    expect(changeOf(session)).toMatchObject({ _tag: "Move", from: oldKey, to: newKey, forwards: true })
  })

  const silent: Readonly<Record<string, Session.LoadedSession>> = {
    "of an anonymous session": renewed(read(anonymous)),
    "that logs a visitor in": Session.identify(renewed(read(anonymous)), identity("1", "model")),
    "that makes a session act as another user": Session.identify(renewed(read(acting("1"))), identity("2", "model")),
    "that makes it act as a user of another backend": Session.identify(
      renewed(read(acting("1"))),
      identity("1", "directory")
    ),
    "of a session that was emptied": renewed(Session.clear(read(acting("1")))),
    "of a session that was emptied unread": renewed(Session.clear(Session.fromCookie(oldKey))),
    "that takes the place of a flushed session": Session.identify(
      Session.flush(read(acting("1"))),
      identity("1", "model")
    ),
    "that takes the place of an expired session": Session.expired(
      Session.fromCookie(oldKey),
      codec.encode(acting("1"), now),
      newKey
    ),
    "of a session with an id and no backend": renewed(read(Data.of([["_auth_user_id", Json.write("1")]]))),
    "of a session that cannot be read": renewed(Session.found(Session.fromCookie(oldKey), "corrupt", acting("1")))
  }
  it.each(Object.entries(silent))("%s does not", (_, session) => {
    const change = changeOf(session)
    expect(change).toMatchObject({ _tag: "Move", from: oldKey })
    expect(change).not.toHaveProperty("forwards")
  })

  it("decides again when another request has changed the session", () => {
    const first = Respond.respond(settings, request, renewed(read(acting("1"))), 200, moment)
    if (first._tag !== "Paused") return expect.fail("done")
    const text = codec.encode(anonymous, now)
    const again = Respond.resume(settings, first.request, first.session, first.state, { _tag: "Changed", text }, moment)
    const change = again._tag === "Paused" && again.query._tag === "CommitSession" ? again.query.change : undefined
    expect(change).toMatchObject({ _tag: "Move", from: oldKey })
    expect(change).not.toHaveProperty("forwards")
  })
})

describe("a session that another request moved", () => {
  const moved = (session: Session.Session, status = 200) => {
    const first = Respond.respond(settings, request, session, status, moment)
    if (first._tag !== "Paused") return expect.fail("done")
    return Respond.resume(settings, first.request, first.session, first.state, { _tag: "Moved", to: nextKey }, moment)
  }
  const deletion = { _tag: "CommitSession", change: { _tag: "Delete", key: nextKey } }

  it.each([200, 500])("is followed by a flush (status %i)", (status) => {
    const step = moved(Session.flush(read(acting("1"))), status)
    expect(step).toMatchObject({ _tag: "Paused", query: deletion, state: { _tag: "Deleting", cookie: "Delete" } })
  })
  it("is followed by a flush of a session whose row is gone", () => {
    expect(moved(Session.flush(Session.absent(Session.fromCookie(oldKey))))).toMatchObject({ query: deletion })
  })
  it("is replaced by the session that is stored after a flush", () => {
    const step = moved(Session.set(Session.flush(Session.fromCookie(oldKey)), "farewell", Json.write(1)))
    expect(step).toMatchObject({ query: { change: { _tag: "Move", from: nextKey, was: undefined, to: newKey } } })
  })
  it("is not changed if the application did not end it", () => {
    const step = moved(Session.discard(read(acting("1"))))
    expect(step).toMatchObject({ _tag: "Done", value: { _tag: "Responded" } })
    expect(step.effects.map(({ _tag }) => _tag)).toEqual(["DeleteCookie", "VaryOn"])
    const login = moved(Session.identify(Session.discard(read(acting("1"))), identity("2", "model")))
    expect(login).toMatchObject({ query: { change: { _tag: "Insert", key: newKey } } })
  })
  it("is followed when a flush came before or after that", () => {
    for (const session of [
      Session.discard(Session.flush(read(acting("1")))),
      Session.flush(Session.discard(read(acting("1"))))
    ])
      expect(moved(session)).toMatchObject({ query: deletion })
  })
  it("interrupts a request that may not store its session without the row", () => {
    const step = moved(renewed(Session.clear(Session.fromCookie(oldKey))))
    expect(step).toMatchObject({ _tag: "Done", value: { _tag: "Interrupted" }, effects: [] })
  })
})
