/** An offer that a browser may have missed is repeated. */
import { describe, expect, it } from "vitest"
import { login } from "../../../src/core/auth/login/login.ts"
import { respond, resume } from "../../../src/core/auth/request/respond.ts"
import { settings as makeSettings } from "../../../src/core/auth/state/auth-settings.ts"
import * as Binding from "../../../src/core/device-bound/device-binding.ts"
import type { DevicePresence } from "../../../src/core/device-bound/device-verdict.ts"
import * as Session from "../../../src/core/session/value/session.ts"
import { loadedBy } from "../../../src/core/session/writing/load-session.ts"
import { dataOf, identity, model, moment, newKey, oldKey, request } from "../auth/scene.ts"
import { boundSince, id, now, offered, otherId } from "./device-scene.ts"

const settings = makeSettings({
  secretKey: "secret-key",
  sessionCookie: { secure: true },
  deviceBound: { mode: "enforce" }
})
const presence: DevicePresence = {
  shortCookie: undefined,
  arrivedAt: now,
  isSecure: true,
  isJudged: true,
  answer: "Other",
  basePath: ""
}
const textOf = (binding: Binding.DeviceBinding) =>
  settings.session.codec.encode(
    dataOf({ ...identity("1", "hash"), _latchkey_device: JSON.parse(Binding.write(binding)) }),
    now
  )
const loaded = (binding: Binding.DeviceBinding, device: Partial<DevicePresence> = {}) =>
  loadedBy(
    settings.session,
    Session.fromCookie(oldKey, { ...presence, ...device }),
    { _tag: "SessionFound", text: textOf(binding), prefetched: undefined },
    moment
  ).session

/** The id of the binding that an answer offers, when the store has written all that was asked for. */
const offeredBy = (session: Session.LoadedSession, isLost = false): string | undefined => {
  let step = respond(settings, request, session, 200, moment)
  if (step._tag === "Paused" && isLost)
    step = resume(
      settings,
      request,
      step.session,
      step.state,
      { _tag: "Changed", text: textOf(boundSince(now)) },
      moment
    )
  if (step._tag === "Paused" && step.query._tag === "CommitSession" && step.query.change._tag !== "Delete")
    step = resume(
      settings,
      request,
      step.session,
      step.state,
      { _tag: "Committed", key: newKey, text: step.query.change.text },
      moment
    )
  if (step._tag === "Paused") throw new Error("not done")
  const value = step.effects.find((effect) => effect._tag === "OfferRegistration")?.value
  return value === undefined ? undefined : /challenge="register\.([\w-]{22})\./.exec(value)?.[1]
}

const alice = { user: { name: "alice" }, principal: { id: "1", backend: model, authHash: "hash" } }
const withId = { ...moment, fresh: { ...moment.fresh, bindingId: otherId } }
const cycled = (binding: Binding.DeviceBinding) => Session.cycleKey(loaded(binding), newKey)

describe("an answer that gives the session a new key", () => {
  it("offers again within the grace: a registration beside it finds no session", () => {
    expect(offeredBy(cycled(offered(now - 10_000)))).toBe(id)
    expect(offeredBy(cycled(offered(now - 10_001)))).toBeUndefined()
  })

  it("offers nothing if the registration was stored first", () => {
    expect(offeredBy(cycled(offered(now)), true)).toBeUndefined()
    expect(offeredBy(cycled(boundSince(now)))).toBeUndefined()
  })

  it("offers nothing if it keeps the key: the registration is applied to the changed data", () => {
    expect(offeredBy(Session.set(loaded(offered(now)), "cart", Binding.write(offered(now))))).toBeUndefined()
  })
})

describe("an answer that is a page", () => {
  it.each([
    [1999, undefined],
    [2000, id],
    [10_000, id],
    [10_001, undefined]
  ])("%i ms after the offer, without a registration, offers %s", (passed, expected) => {
    expect(offeredBy(loaded(offered(now - passed), { answer: "Page" }))).toBe(expected)
  })

  it("offers only what a browser would try, and only for a judged page over https", () => {
    const binding = offered(now - 3000)
    for (const device of [
      { answer: "Other" },
      { answer: "CookiesOnly" },
      { answer: "Page", isSecure: false },
      { answer: "Page", isJudged: false }
    ] as const)
      expect(offeredBy(loaded(binding, device)), JSON.stringify(device)).toBeUndefined()
    expect(offeredBy(loaded(boundSince(now - 3000), { answer: "Page" }))).toBeUndefined()
  })
})

describe("a login whose answer carries only cookies", () => {
  const loginWith = (answer: DevicePresence["answer"]) =>
    login(settings, request, Session.absent(Session.fromCookie(undefined, { ...presence, answer })), alice, withId)
      .session

  it("leaves the offer to the next page, whenever that is requested", () => {
    const session = loginWith("CookiesOnly")
    expect(offeredBy(session)).toBeUndefined()
    const binding = Binding.read(session.data)
    if (typeof binding !== "object") throw new Error("no binding")
    expect(binding).toEqual({ id: otherId, offered: now, waits: true, device: undefined })
    for (const passed of [0, 3_600_000])
      expect(offeredBy(loaded({ ...binding, offered: now - passed }, { answer: "Page" }))).toBe(otherId)
    expect(offeredBy(loaded(binding))).toBeUndefined()
  })

  it("offers itself where the answer can carry it", () => {
    expect(offeredBy(loginWith("Other"))).toBe(otherId)
    expect(Binding.read(loginWith("Other").data)).toEqual({ id: otherId, offered: now, device: undefined })
  })
})
