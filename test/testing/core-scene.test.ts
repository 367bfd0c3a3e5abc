/** Requests over the pure core, without a server and without promises. */
import { describe, expect, it } from "vitest"
import * as Core from "../../src/core/index.ts"
import { type AnswerTo, coreScene, drive, type SceneUser } from "../../src/testing/index.ts"

describe.each([undefined, "the secret key of this scene"])("a scene with the secret key %s", (secretKey) => {
  const make = () => coreScene({ users: { alice: "A", bob: "B" }, ...(secretKey === undefined ? {} : { secretKey }) })

  it("keeps what an anonymous visitor wrote when the visitor logs in, under another key", () => {
    const scene = make()
    const before = scene.request().set("cart", [1]).respond()
    const { cookie, effects } = scene.request(before.cookie).login("alice").respond()
    expect(cookie).not.toBe(before.cookie)
    expect(scene.request(cookie).user()).toEqual({ id: "1", name: "alice" })
    expect(scene.request(cookie).get("cart")).toEqual([1])
    expect(scene.data(before.cookie)).toBeUndefined()
    const names = effects.map((effect) => (effect._tag === "SetCookie" ? effect.name : effect._tag))
    expect(names).toEqual(["AnnounceSignal", "csrftoken", "VaryOn", "sessionid", "VaryOn"])
  })

  it("ends a session by logout, by a changed password and by time", () => {
    const scene = make()
    const login = () => scene.request().login("alice").respond().cookie
    const [first, second, third] = [login(), login(), login()]
    expect(scene.request(first).logout().respond()).toMatchObject({ outcome: "Responded", cookie: undefined })
    expect(scene.request(first).user()).toBeUndefined()
    const changed = scene.request(second).changePassword("N").respond()
    expect(scene.request(changed.cookie).user()?.name).toBe("alice")
    expect(scene.request(third).user()).toBeUndefined()
    scene.clock.advance({ days: 14 })
    expect(scene.request(changed.cookie).user()).toBeUndefined()
  })

  it("runs requests that overlap: a write is refused if a logout came between", () => {
    const scene = make()
    const { cookie } = scene.request().login("alice").respond()
    const writing = scene.request(cookie).set("n", 1)
    scene.request(cookie).logout().respond()
    expect(writing.respond()).toMatchObject({ outcome: "Interrupted", cookie })
    expect(scene.table.rows.size).toBe(0)
  })

  it("merges the writes of two requests, and stores nothing after a server error", () => {
    const scene = make()
    const { cookie } = scene.request().set("old", 1).respond()
    const [one, other] = [scene.request(cookie).set("a", 1), scene.request(cookie).set("b", 2).delete("old")]
    one.respond()
    other.respond()
    scene.request(cookie).clear().respond(500)
    expect(scene.data(cookie)).toEqual({ a: 1, b: 2 })
    const cycled = scene.request(cookie).cycleKey().respond()
    expect([scene.data(cookie), scene.data(cycled.cookie)]).toEqual([undefined, { a: 1, b: 2 }])
  })

  const makeRecording = () =>
    coreScene({
      users: { alice: "A", bob: "B" },
      ...(secretKey === undefined ? {} : { secretKey }),
      settings: (settings) => ({
        ...settings,
        session: { ...settings.session, userSessions: { intervalSeconds: 300 } }
      })
    })

  it("lists the sessions that a user is logged in to, with the client that used them last", () => {
    const scene = makeRecording()
    const login = (userAgent: string) => scene.request(undefined, { userAgent }).login("alice").respond().cookie
    const [phone, laptop] = [login("phone"), login("laptop")]
    scene.request().login("bob").respond()
    const startedAt = scene.clock.now()
    scene.clock.advance({ minutes: 6 })
    scene.request(phone, { clientAddress: "192.0.2.1", userAgent: "phone" }).set("a", 1).respond()
    const shown = { startedAt, current: false }
    expect(scene.listSessions("alice")).toMatchObject([
      { ...shown, seenAt: startedAt + 360_000, clientAddress: "192.0.2.1", userAgent: "phone" },
      { ...shown, seenAt: startedAt, clientAddress: undefined, userAgent: "laptop" }
    ])
    scene.request(laptop).changePassword("N").respond()
    expect(scene.listSessions("alice").map(({ seenAt }) => seenAt)).toEqual([startedAt + 360_000])
    expect(make().listSessions("alice")).toEqual([])
  })

  it("records the sessions of users, if the settings say so, once per interval", () => {
    const scene = makeRecording()
    const { cookie } = scene.request().login("alice").respond()
    const read = () => {
      const request = scene.request(cookie)
      request.user()
      const { effects } = request.respond()
      return effects.filter(({ _tag }) => _tag === "RecordVisit").length
    }
    const started = scene.clock.now()
    expect(read()).toBe(0)
    scene.clock.advance({ minutes: 6 })
    expect([read(), read()]).toEqual([1, 0])
    expect([...scene.table.records.values()]).toMatchObject([
      { user: { id: "1" }, startedAt: started, seenAt: started + 360_000 }
    ])
  })

  it("says what a request cannot do", () => {
    const scene = make()
    expect(() => scene.request().changePassword("N")).toThrow("this request has no user; log one in first")
    // @ts-expect-error a scene has users
    expect(() => coreScene({ user: {} })).toThrow(
      "user: there is no such option; did you mean users?; users is missing"
    )
    // @ts-expect-error the scene has no carol
    expect(() => scene.request().login("carol")).toThrow("there is no user carol; the users are alice, bob")
  })
})

describe("drive", () => {
  const scene = coreScene({ users: { alice: "A" } })
  const { cookie } = scene.request().login("alice").respond()
  const { session, state } = scene.request(cookie)
  const first = () => Core.GetUser.getUser(scene.settings, state, session, scene.moment())

  it("answers each query of an operation, and returns its end with the effects of all steps", () => {
    const asked: Array<string> = []
    const done = drive(
      first(),
      {
        LoadSession: (query) => {
          asked.push(query._tag)
          return scene.loadSession(query)
        },
        LoadUser: (query) => {
          asked.push(query.id)
          return scene.loadUser(query)
        }
      },
      (paused, answer: AnswerTo<Core.LoadSession | Core.LoadUser, SceneUser>) =>
        Core.GetUser.resume(scene.settings, paused.request, paused.session, paused.state, answer, scene.moment())
    )
    expect([asked, done.value]).toEqual([["LoadSession", "1"], { id: "1", name: "alice" }])
  })

  it("knows by type which answer a query wants", () => {
    const absent: AnswerTo<Core.LoadUser> = { _tag: "UserAbsent" }
    // @ts-expect-error a session is not the answer to a question for a user
    const wrong: AnswerTo<Core.LoadUser> = { _tag: "SessionAbsent" }
    expect([absent._tag, wrong._tag]).toEqual(["UserAbsent", "SessionAbsent"])
  })
})
