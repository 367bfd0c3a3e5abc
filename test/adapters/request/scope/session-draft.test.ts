import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { SessionDraft } from "../../../../src/adapters/request/scope/session-draft.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"

type Write = readonly [name: string, (session: Session.LoadedSession, draft: SessionDraft) => Session.LoadedSession]

const key = fc.constantFrom("a", "b", "c", "_auth_user_id")
const value = fc.nat(3).map(Json.write)

/** Applies the same operations to a session of the core and to a draft. */
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.tuple(key, value).map(
    ([key, value]): Write => [
      `set ${key} ${value}`,
      (session, draft) => {
        draft.set(key, value)
        return Session.set(session, key, value)
      }
    ]
  ),
  key.map(
    (key): Write => [
      `remove ${key}`,
      (session, draft) => {
        expect(draft.remove([key])).toBe(session.data.has(key))
        return Session.remove(session, key)
      }
    ]
  ),
  fc.uniqueArray(key).map(
    (keys): Write => [
      `remove ${keys}`,
      (session, draft) => {
        draft.remove(keys)
        return keys.reduce(Session.remove, Session.accessed(session))
      }
    ]
  ),
  fc.dictionary(key, value).map(
    (values): Write => [
      `update ${JSON.stringify(values)}`,
      (session, draft) => {
        const texts = new Map(Object.entries(values))
        draft.update(texts)
        return Session.update(session, texts)
      }
    ]
  ),
  fc.constant<Write>([
    "markModified",
    (session, draft) => {
      draft.markModified()
      return Session.modified(session)
    }
  ]),
  fc.tuple(key, value).map(
    ([key, value]): Write => [
      `setDefault ${key} ${value}`,
      (session, draft) => {
        const after = Session.setDefault(session, key, value)
        expect(draft.setDefault(key, value)).toBe(Session.get(after, key))
        return after
      }
    ]
  )
)

const identity = { id: Json.write("1"), backend: Json.write("b"), hash: Json.write("h") }
const others: ReadonlyArray<(session: Session.LoadedSession) => Session.LoadedSession> = [
  (session) => session,
  Session.clear,
  (session) => Session.identify(session, identity),
  (session) => Session.reidentify(session, identity),
  (session) => Session.clear(Session.reidentify(session, identity)),
  (session) => Session.identify(Session.clear(session), identity)
]

const data = fc.dictionary(key, value).map((values) => Data.of(Object.entries(values)))

describe("a draft of a session", () => {
  it("gives the same result as the core's operations, also on data that changed in between", () => {
    fc.assert(
      fc.property(
        data,
        data,
        fc.array(write, { maxLength: 6 }),
        fc.constantFrom(...others),
        fc.array(write, { maxLength: 6 }),
        (stored, present, first, between, second) => {
          const presented = Session.fromCookie(SessionKey.parse("k".repeat(32)))
          let session = Session.found(presented, "text", stored)
          let draft = new SessionDraft(session)
          for (const [, apply] of first) session = apply(session, draft)
          draft = new SessionDraft(between(draft.value))
          session = between(session)
          for (const [, apply] of second) session = apply(session, draft)
          const { operations, ...rest } = session
          expect(draft.value).toMatchObject(rest)
          expect([...draft.value.data]).toEqual([...session.data])
          expect(draft.value.operations.length).toBeLessThanOrEqual(operations.length)
          expect(Session.rebase(draft.value, "other", present)?.data).toEqual(
            Session.rebase(session, "other", present)?.data
          )
        }
      ),
      { numRuns: 2000 }
    )
  })

  it("does not change the session that it started from", () => {
    const session = Session.set(Session.found(Session.fromCookie(undefined), "", new Map()), "a", Json.write(1))
    const was = structuredClone(session)
    const draft = new SessionDraft(session)
    draft.set("a", Json.write(2))
    draft.remove(["a"])
    draft.set("b", Json.write(3))
    expect(session).toEqual(was)
  })

  it("copies nothing without a change", () => {
    const session = Session.accessed(Session.found(Session.fromCookie(undefined), "", new Map()))
    const draft = new SessionDraft(session)
    draft.remove(["a", "b"])
    expect(draft.value).toBe(session)
  })

  it("keeps one operation for a key", () => {
    const draft = new SessionDraft(Session.found(Session.fromCookie(undefined), "", new Map()))
    for (let round = 0; round < 100; round++) {
      draft.set("a", Json.write(round))
      draft.set("b", Json.write(round))
      draft.remove(["b"])
    }
    expect(draft.value.operations).toEqual([
      { _tag: "Set", key: "a", value: "99" },
      { _tag: "Delete", key: "b" }
    ])
  })
})
