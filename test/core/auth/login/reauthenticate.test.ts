import { describe, expect, it } from "vitest"
import { reauthenticated } from "../../../../src/core/auth/login/reauthenticate.ts"
import * as Identity from "../../../../src/core/auth/state/identity.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as LoginRecord from "../../../../src/core/session/lifetime/login-record.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import { dataOf, identity, model, moment, newKey, now, plain, read } from "../scene.ts"

const alice = { id: "1", backend: model, authHash: "hash" }
const login = { user: "1", at: now - 60_000, proof: "login", remember: true }

describe("a proof", () => {
  const session = read({ ...identity("1", "hash"), _latchkey_login: login })
  const after = reauthenticated(session, alice, "password", moment)

  it("is stored with its time and name, under a new key, and the rest stays", () => {
    expect(plain(after.data)).toEqual({
      ...identity("1", "hash"),
      _latchkey_login: { user: "1", at: now, proof: "password", remember: true }
    })
    expect([after.key, after.ifGone]).toEqual([newKey, "Interrupt"])
  })

  it("is not stored if another request has logged another user in, or has logged out", () => {
    expect(Session.rebase(after, "text", dataOf(identity("2", "hash")))).toBe(undefined)
    expect(Session.rebase(after, "text", dataOf({ cart: 1 }))).toBe(undefined)
  })

  it("is stored beside what another request has written", () => {
    const rebased = Session.rebase(after, "text", dataOf({ ...identity("1", "hash"), cart: 1 }))
    expect(rebased === undefined ? undefined : LoginRecord.recordIn(rebased.data)?.at).toBe(now)
  })
})

describe("the record of a login", () => {
  const recordOf = (values: Record<string, unknown>) => LoginRecord.recordIn(dataOf(values))

  it("says nothing about another user, or without a user", () => {
    expect(recordOf({ ...identity("1", "h"), _latchkey_login: login })?.at).toBe(login.at)
    expect(recordOf({ ...identity("2", "h"), _latchkey_login: login })).toBe(undefined)
    expect(recordOf({ _latchkey_login: login })).toBe(undefined)
  })

  it.each([
    [null],
    [1],
    ["text"],
    [[]],
    [{ user: 1, at: 1 }],
    [{ user: "1", at: "1" }],
    [{ user: "1", at: 1.5 }],
    [{ user: "1" }]
  ])("counts as absent if it is %j", (value) => {
    expect(recordOf({ ...identity("1", "h"), _latchkey_login: value })).toBe(undefined)
  })

  it.each([
    [0, true],
    [599_999, true],
    [600_000, false],
    [-599_999, true],
    [-600_000, false]
  ])("%i ms old, for 600 seconds, counts as recent: %s", (age, isRecent) => {
    const record = { at: now - age, proof: "login", isRemembered: false }
    expect(LoginRecord.isRecent(record, 600, now)).toBe(isRecent)
    expect(LoginRecord.isRecent({ ...record, proof: undefined }, 600, now)).toBe(false)
  })

  it("is written in one operation with the user", () => {
    const written = Identity.write(read({}), alice, { at: now, proof: "login", isRemembered: false })
    expect(written.operations).toEqual([
      {
        _tag: "Identify",
        over: "Anything",
        id: Json.write("1"),
        backend: Json.write(model),
        hash: Json.write("hash"),
        record: Json.write({ user: "1", at: now, proof: "login" })
      }
    ])
  })
})
