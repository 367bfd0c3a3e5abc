import { describe, expect, it } from "vitest"
import { settings as settingsOf } from "../../../../src/core/auth/state/auth-settings.ts"
import type { Command, SessionRecord, SessionVisit, Visitor } from "../../../../src/core/effect.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import * as Respond from "../../../../src/core/session/writing/commit.ts"
import {
  recordedId,
  recordId,
  unknownVisitor,
  userOf,
  visited,
  visitorOf
} from "../../../../src/core/session/writing/session-record.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import type { Moment } from "../../../../src/core/transition.ts"

const now = 1_700_000_000_000
const minute = 60_000
const oldKey = SessionKey.parse("k".repeat(32)) ?? expect.fail("no key")
const newKey = SessionKey.parse("n".repeat(32)) ?? expect.fail("no key")
const moment: Moment = { now, fresh: { sessionKey: newKey, csrfSecret: "s".repeat(32), csrfMask: "m".repeat(32) } }
const visitor: Visitor = { clientAddress: "192.0.2.1", userAgent: "Firefox" }
const request = { sessionCookiePresented: true, visitor }

const recording = settingsOf({ secretKey: "secret", userSessions: { intervalSeconds: 300 } }).session
const { session: off } = settingsOf({ secretKey: "secret" })

const alice = { backend: "model", id: "1" }
const bob = { backend: "model", id: "2" }
const identity = ({ backend, id }: typeof alice) => ({
  id: Json.write(id),
  backend: Json.write(backend),
  hash: Json.write("hash")
})
const dataOf = (user: typeof alice) =>
  Session.identify(Session.absent(Session.fromCookie(undefined)), identity(user)).data
const record = (user = alice, seenAt = now - minute, id = "id"): SessionRecord => ({
  ...{ id, user, startedAt: now - 60 * minute, seenAt, ...visitor }
})
const visit = (user: SessionVisit["user"], id = recordId(oldKey)): SessionVisit => ({
  ...{ user, id, at: now, seenBefore: now - 5 * minute, ...visitor }
})
/** The session of a request, loaded with this user and record. */
const loaded = (user: typeof alice | undefined, known?: SessionRecord) => {
  const data = user === undefined ? Data.of([["a", Json.write(1)]]) : dataOf(user)
  const session = Session.found(Session.fromCookie(oldKey), recording.codec.encode(data, now), data, known)
  return Session.accessed(session)
}
const respond = (session: Session.Session, settings = recording, status = 200) =>
  Respond.respond(settings, request, session, status, moment)
const effectsOf = (session: Session.Session, settings = recording, status = 200): ReadonlyArray<Command> => {
  const step = respond(session, settings, status)
  return step._tag === "Done" ? step.effects : expect.fail("it waits for the store")
}
const changeOf = (session: Session.Session, settings = recording) => {
  const step = respond(session, settings)
  return step._tag === "Paused" && step.query._tag === "CommitSession" ? step.query.change : expect.fail("no change")
}
const varyOnCookie = { _tag: "VaryOn", header: "Cookie" }

describe("visited", () => {
  it("makes a record if there is none of this user", () => {
    const fresh = { id: recordId(oldKey), user: alice, startedAt: now, seenAt: now, ...visitor }
    expect(visited(undefined, visit(alice))).toEqual(fresh)
    expect(visited(record(bob), visit(alice))).toEqual(fresh)
    expect(visited(record({ ...alice, backend: "other" }), visit(alice))).toEqual(fresh)
  })
  it("returns the same record within the interval, and none without a user", () => {
    const known = record()
    expect(visited(known, visit(alice))).toBe(known)
    expect(visited(known, visit(undefined))).toBe(undefined)
  })
  it("changes only when and by which client it was seen, from the end of the interval on", () => {
    const known = { ...record(alice, now - 5 * minute), userAgent: "another" }
    expect(visited(known, visit(alice))).toEqual({ ...known, seenAt: now, userAgent: "Firefox" })
    expect(visited({ ...known, seenAt: known.seenAt + 1 }, visit(alice))?.seenAt).toBe(known.seenAt + 1)
  })
})

describe("a request that only reads", () => {
  it("records a session with a user that has no record, or one of another user", () => {
    for (const known of [undefined, record(bob)])
      expect(effectsOf(loaded(alice, known))).toEqual([
        { _tag: "RecordVisit", key: oldKey, visit: visit(alice) },
        varyOnCookie
      ])
  })
  it("records a session once per interval, under the id of its record", () => {
    expect(effectsOf(loaded(alice, record()))).toEqual([varyOnCookie])
    expect(effectsOf(loaded(alice, record(alice, now - 5 * minute)))).toEqual([
      { _tag: "RecordVisit", key: oldKey, visit: visit(alice, "id") },
      varyOnCookie
    ])
  })
  it("records nothing of a session without a user, of one that was not loaded, with a status of 500, or when it is off", () => {
    expect(effectsOf(loaded(undefined))).toEqual([varyOnCookie])
    expect(effectsOf(Session.fromCookie(oldKey))).toEqual([])
    expect(effectsOf(loaded(alice), recording, 500)).toEqual([varyOnCookie])
    expect(effectsOf(loaded(alice), off)).toEqual([varyOnCookie])
  })
})

describe("a request that writes", () => {
  const written = (session: Session.LoadedSession) => Session.set(session, "a", Json.write(2))

  it("records with the session, unless the record would stay as it is", () => {
    expect(changeOf(written(loaded(alice)))).toMatchObject({ _tag: "Update", visit: visit(alice) })
    expect(changeOf(written(loaded(alice, record())))).not.toHaveProperty("visit")
    expect(changeOf(written(loaded(undefined)))).not.toHaveProperty("visit")
    expect(changeOf(written(loaded(undefined, record())))).toMatchObject({ visit: visit(undefined) })
    expect(changeOf(written(loaded(alice)), off)).not.toHaveProperty("visit")
  })
  it("removes the record of a session that was cleared without a load", () => {
    const cleared = Session.set(Session.clear(Session.fromCookie(oldKey)), "a", Json.write(1))
    expect(changeOf(cleared)).toMatchObject({ _tag: "Update", was: undefined, visit: visit(undefined) })
  })
  it("records a new session only if it has a user", () => {
    const empty = Session.absent(Session.fromCookie(undefined))
    expect(changeOf(Session.identify(empty, identity(alice)))).toMatchObject({
      ...{ _tag: "Insert", key: newKey, visit: visit(alice, recordId(newKey)) }
    })
    expect(changeOf(written(empty))).not.toHaveProperty("visit")
  })
  it("takes the record along to a new key, under its id or the one that the old key gives", () => {
    expect(changeOf(Session.cycleKey(loaded(alice, record()), newKey))).toMatchObject({
      ...{ _tag: "Move", forwards: true, visit: visit(alice, "id") }
    })
    expect(changeOf(Session.cycleKey(loaded(alice), newKey))).toMatchObject({ visit: visit(alice, recordId(oldKey)) })
  })
  it("makes a new record when another user logs in, or the session is flushed first", () => {
    const another = Session.identify(
      Session.renew(Session.discard(loaded(alice, record())), newKey, "Insert"),
      identity(bob)
    )
    expect(changeOf(another)).toMatchObject({ _tag: "Move", visit: visit(bob, recordId(newKey)) })
    const again = Session.identify(
      Session.renew(Session.flush(loaded(alice, record())), newKey, "Insert"),
      identity(alice)
    )
    expect(changeOf(again)).toMatchObject({ _tag: "Move", visit: visit(alice, recordId(newKey)) })
    expect(changeOf(again)).not.toHaveProperty("forwards")
  })
})

describe("userOf", () => {
  it("reads the user that a login has written, also with a number as id", () => {
    expect(userOf(dataOf(alice))).toEqual(alice)
    const numbers = Data.of([
      ["_auth_user_id", Json.write(7)],
      ["_auth_user_backend", Json.write("model")]
    ])
    expect(userOf(numbers)).toEqual({ backend: "model", id: "7" })
  })
  it.each(["x".repeat(256), "a\0b", "\ud800"])("finds no user that a table could not hold: %j", (id) => {
    expect(userOf(dataOf({ ...alice, id }))).toBe(undefined)
    expect(userOf(dataOf({ ...alice, backend: id }))).toBe(undefined)
  })
  it("finds no user in data without one, or with a value of another type", () => {
    expect(userOf(Data.empty)).toBe(undefined)
    const list = Data.of([
      ["_auth_user_id", Json.write(["1"])],
      ["_auth_user_backend", Json.write("model")]
    ])
    expect(userOf(list)).toBe(undefined)
  })
  it("reads a UUID in its canonical form", () => {
    const id = "3F2504E04F8941D39A0C0305E82C3301"
    expect(userOf(dataOf({ ...alice, id }))?.id).toBe("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
    expect(recordedId("alice")).toBe("alice")
  })
})

describe("visitorOf", () => {
  it("cuts texts, and replaces what databases cannot store", () => {
    expect(visitorOf(undefined, "")).toEqual(unknownVisitor)
    expect(visitorOf("a".repeat(65), `\0${"b".repeat(512)}`)).toEqual({
      clientAddress: "a".repeat(64),
      userAgent: `\ufffd${"b".repeat(511)}`
    })
    expect(visitorOf("a", `${"b".repeat(511)}\u{1f511}`).userAgent).toBe(`${"b".repeat(511)}\ufffd`)
  })
})

describe("recordId", () => {
  it("is a text of 43 characters that does not contain the key, the same for the same key", () => {
    expect(recordId(oldKey)).toMatch(/^[\w-]{43}$/)
    expect(recordId(oldKey)).not.toContain("k".repeat(8))
    expect(recordId(oldKey)).not.toBe(recordId(newKey))
    expect(recordId(oldKey)).toBe(recordId(oldKey))
  })
})
