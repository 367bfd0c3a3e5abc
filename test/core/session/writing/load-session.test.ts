import { describe, expect, it } from "vitest"
import type { LoadSessionAnswer } from "../../../../src/core/effect.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import { openSession, resume } from "../../../../src/core/session/writing/load-session.ts"
import { dataOf, key, moment, newKey, oldKey, plain, settings } from "../../auth/scene.ts"

const { codec } = settings.session
const textOf = (values: Record<string, unknown>): string => codec.encode(dataOf(values), moment.now)

const loading = { _tag: "LoadingSession" } as const

const answered = (answer: LoadSessionAnswer, session: Session.Session = Session.fromCookie(oldKey)) => {
  const step = resume(settings.session, "the request", session, loading, answer, moment)
  if (step._tag !== "Done") throw new Error("asks again")
  return step
}

describe("opening a session", () => {
  it("loads the session of the key that the browser sent", () => {
    expect(openSession("the request", Session.fromCookie(oldKey))).toEqual({
      _tag: "Paused",
      request: "the request",
      session: Session.fromCookie(oldKey),
      effects: [],
      query: { _tag: "LoadSession", key: oldKey },
      state: { _tag: "LoadingSession" }
    })
  })

  it("loads nothing without a key, or when the session was already read", () => {
    for (const session of [Session.fromCookie(undefined), Session.absent(Session.fromCookie(oldKey))]) {
      expect(openSession("the request", session)).toMatchObject({ _tag: "Done", session })
    }
  })

  it("uses the data that was found", () => {
    const text = textOf({ x: 1 })
    const { effects, session } = answered({ _tag: "SessionFound", text, prefetched: undefined })
    expect([effects, session.key, session.base]).toEqual([[], oldKey, { _tag: "Read", text }])
    expect([plain(session.data), session.modified]).toEqual([{ x: 1 }, false])
  })

  it("treats a text signed with another secret as an empty session, and reports it", () => {
    const text = textOf({ x: 1 }).replace(/.$/, (last) => (last === "A" ? "B" : "A"))
    const { effects, session } = answered({ _tag: "SessionFound", text, prefetched: undefined })
    expect(effects).toEqual([{ _tag: "Warn", event: "SessionCorrupted" }])
    expect([session.key, session.data.size, session.modified]).toEqual([oldKey, 0, false])
  })

  it("writes that empty session if the store replaces unreadable texts", () => {
    const text = textOf({ x: 1 }).replace(/.$/, (last) => (last === "A" ? "B" : "A"))
    const session = Session.fromCookie(oldKey)
    for (const replacesUnreadable of [true, false]) {
      const replacing = { ...settings.session, codec: { ...codec, replacesUnreadable } }
      const answer: LoadSessionAnswer = { _tag: "SessionFound", text, prefetched: undefined }
      expect(resume(replacing, "the request", session, loading, answer, moment)).toMatchObject({
        session: { key: oldKey, modified: replacesUnreadable }
      })
    }
  })

  it("drops the key of an absent session", () => {
    const { session } = answered({ _tag: "SessionAbsent" })
    expect(session).toEqual(Session.absent(Session.fromCookie(oldKey)))
    expect(Session.isEmpty(session)).toBe(true)
  })

  it("replaces an expired session by an empty one under a new key", () => {
    const text = textOf({ x: 1, _auth_user_id: "1" })
    expect(answered({ _tag: "SessionExpired", text })).toEqual({
      _tag: "Done",
      request: "the request",
      effects: [],
      value: Session.expired(Session.fromCookie(oldKey), text, newKey),
      session: {
        key: newKey,
        storedKey: oldKey,
        base: { _tag: "Expired", text },
        data: new Map(),
        operations: [],
        ifGone: "Insert",
        accessed: true,
        modified: true
      }
    })
  })

  it("renews once: an answer that arrives after another operation has loaded the session is ignored", () => {
    const text = textOf({ x: 1 })
    const first = answered({ _tag: "SessionExpired", text }).value
    const after = Session.set(first, "y", Json.write(2))
    const later = { ...moment, fresh: { ...moment.fresh, sessionKey: key("z") } }
    const step = resume(settings.session, "the request", after, loading, { _tag: "SessionExpired", text }, later)
    expect(step).toEqual({ _tag: "Done", request: "the request", session: after, effects: [], value: after })
  })
})
