import { describe, expect, it } from "vitest"
import { login } from "../../../src/core/auth/login/login.ts"
import { listed } from "../../../src/core/auth/sessions/listed-sessions.ts"
import { settings as makeSettings } from "../../../src/core/auth/state/auth-settings.ts"
import * as Binding from "../../../src/core/device-bound/device-binding.ts"
import type { DevicePresence } from "../../../src/core/device-bound/device-verdict.ts"
import * as Data from "../../../src/core/json/session-data.ts"
import * as Session from "../../../src/core/session/value/session.ts"
import { respond, resume } from "../../../src/core/session/writing/commit.ts"
import { loadedBy } from "../../../src/core/session/writing/load-session.ts"
import { dataOf, identity, model, moment, newKey, oldKey, plain, request } from "../auth/scene.ts"
import { boundSince, id, now, offered, otherId } from "./device-scene.ts"

const presence: DevicePresence = {
  shortCookie: undefined,
  arrivedAt: now,
  isSecure: true,
  isJudged: true,
  answer: "Other",
  basePath: ""
}
const settingsWith = (saveEveryRequest = false) =>
  makeSettings({
    secretKey: "secret-key",
    saveEveryRequest,
    sessionCookie: { secure: true },
    deviceBound: { mode: "enforce" }
  })
const settings = settingsWith()
const text = (values: Record<string, unknown>) => settings.session.codec.encode(dataOf(values), now)
const bindingOf = (binding: Binding.DeviceBinding): unknown => JSON.parse(Binding.write(binding))
const user = identity("1", "hash")

const loaded = (values: Record<string, unknown>, device = presence): Session.LoadedSession =>
  loadedBy(
    settings.session,
    Session.fromCookie(oldKey, device),
    { _tag: "SessionFound", text: text(values), prefetched: undefined },
    moment
  ).session

const alice = { user: { name: "alice" }, principal: { id: "1", backend: model, authHash: "hash" } }
const withId = { ...moment, fresh: { ...moment.fresh, bindingId: otherId } }

describe("a session without its proof", () => {
  const closed = loaded({ ...user, cart: [1], _latchkey_device: bindingOf(boundSince(now - 99_000)) })

  it("is closed: no data, the same key", () => {
    expect([closed.base, [...closed.data.keys()], closed.key, closed.verdict]).toEqual([
      { _tag: "Closed" },
      [],
      oldKey,
      "Unproven"
    ])
  })

  it.each([false, true])("is not written, and its cookie stays (save every request: %s)", (saves) => {
    const step = respond(settingsWith(saves).session, request, closed, 200, moment)
    expect(step).toMatchObject({ _tag: "Done", effects: [], value: { _tag: "Responded" } })
  })

  it("is not written if it is loaded only to be saved", () => {
    const { session } = settingsWith(true)
    const step = respond(session, request, Session.fromCookie(oldKey, presence), 200, moment)
    if (step._tag !== "Paused") throw new Error("not paused")
    const stored = text({ ...user, _latchkey_device: bindingOf(boundSince(now - 99_000)) })
    const answer = { _tag: "SessionFound", text: stored, prefetched: undefined } as const
    expect(resume(session, request, step.session, step.state, answer, moment)).toMatchObject({
      _tag: "Done",
      effects: [],
      value: { _tag: "Responded" }
    })
  })

  it("is open on an exempt path, and if sessions are not bound", () => {
    const values = { ...user, _latchkey_device: bindingOf(boundSince(now - 99_000)) }
    expect(loaded(values, { ...presence, isJudged: false }).base._tag).toBe("Read")
  })

  it("is replaced by a login", () => {
    const after = login(settings, request, closed, alice, withId).session
    expect([after.key, after.base._tag, after.storedKey]).toEqual([undefined, "Flushed", oldKey])
    expect(plain(after.data)).toEqual({ ...user, _latchkey_device: bindingOf({ ...offered(moment.now), id: otherId }) })
  })
})

describe("a login", () => {
  const bound = loaded({ ...user, cart: [1], _latchkey_device: bindingOf(boundSince(now - 1000)) })

  it("of the same user gets a new key and a new binding, and keeps the data", () => {
    const after = login(settings, request, bound, alice, withId).session
    expect([after.key, after.storedKey, plain(after.data)["cart"]]).toEqual([newKey, oldKey, [1]])
    expect(plain(after.data)["_latchkey_device"]).toEqual({ v: 1, id: otherId, offered: moment.now })
  })

  it("over http drops the binding", () => {
    const plainHttp = { ...bound, device: { ...presence, isSecure: false } }
    expect(plain(login(settings, request, plainHttp, alice, withId).session.data)).toEqual({ ...user, cart: [1] })
  })

  it("changes nothing of this if sessions are not bound", () => {
    const off = makeSettings({ secretKey: "secret-key" })
    const after = login(off, request, Session.found(Session.fromCookie(oldKey), "text", dataOf(user)), alice, moment)
    expect([after.session.key, plain(after.session.data)]).toEqual([oldKey, user])
  })
})

describe("a registration beside other requests", () => {
  const before = loaded({ ...user, _latchkey_device: bindingOf(offered(now)) })
  const value = Binding.write(boundSince(now))
  const registering = Session.bind(before, id, value)

  it("keeps what another request has written meanwhile", () => {
    const data = dataOf({ ...user, cart: [1], _latchkey_device: bindingOf(offered(now)) })
    const after = Session.rebase(registering, "text", data)
    expect(after && plain(after.data)).toEqual({
      ...user,
      cart: [1],
      _latchkey_device: bindingOf(boundSince(now))
    })
  })

  it.each([
    ["a login has offered another binding", { ...user, _latchkey_device: bindingOf({ ...offered(now), id: otherId }) }],
    ["another device has registered", { ...user, _latchkey_device: bindingOf(boundSince(now - 1)) }],
    ["the binding is gone", user]
  ])("is lost if %s", (_, values) => {
    expect(Session.rebase(registering, "text", dataOf(values))).toBeUndefined()
  })
})

describe("clear", () => {
  it("keeps the binding, also of a session that another request has changed", () => {
    const bound = loaded({ ...user, cart: [1], _latchkey_device: bindingOf(boundSince(now)) })
    const cleared = Session.clear(bound)
    expect([...cleared.data.keys()]).toEqual([Binding.dataKey])
    const later = dataOf({ x: 1, _latchkey_device: bindingOf({ ...boundSince(now), id: otherId }) })
    expect(Data.get(Session.rebase(cleared, "text", later)?.data ?? Data.empty, Binding.dataKey)).toContain(otherId)
  })
})

describe("a list of sessions", () => {
  const record = {
    id: "r",
    user: { backend: model, id: "1" },
    startedAt: 0,
    seenAt: 0,
    clientAddress: undefined,
    userAgent: undefined
  }
  const shown = (values: Record<string, unknown>, of = settings) =>
    listed(of, { record, text: text(values) }, false, now).isBound

  it("says which of them are bound to a device", () => {
    expect(shown({ ...user, _latchkey_device: bindingOf(boundSince(now)) })).toBe(true)
    expect(shown({ ...user, _latchkey_device: bindingOf(offered(now)) })).toBe(false)
    expect(shown(user)).toBe(false)
    expect(shown(user, makeSettings({ secretKey: "secret-key" }))).toBeUndefined()
  })
})
