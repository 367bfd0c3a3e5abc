import { describe, expect, it } from "vitest"
import * as GetUser from "../../../../src/core/auth/request/get-user.ts"
import type { AuthSettings, RequestState } from "../../../../src/core/auth/state/request-state.ts"
import type { KnownUser, LoadSessionAnswer, LoadUserAnswer } from "../../../../src/core/effect.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import vectors from "../../../vectors/get_user.json" with { type: "json" }
import {
  dataOf,
  identity,
  model,
  moment,
  newKey,
  now,
  oldKey,
  plain,
  read,
  request,
  settings,
  settingsWith,
  type User
} from "../scene.ts"

const password = "pbkdf2_sha256$1$salt$hash"
const temp: KnownUser<User> = { id: "1", user: { name: "temp" }, password }
const [hash] = settings.authHashes(password)
const text = (values: Record<string, unknown>, using = settings) => using.session.codec.encode(dataOf(values), now)
const found = (
  values: Record<string, unknown>,
  prefetched?: { backend: string; id: string; known: KnownUser<User> | undefined }
) => ({
  _tag: "SessionFound" as const,
  text: text(values),
  prefetched
})

/** Answers every query and returns the list of queries. */
const answered = (
  using: AuthSettings,
  answers: { readonly session?: LoadSessionAnswer<User>; readonly user?: LoadUserAnswer<User> },
  state: RequestState<User> = request,
  session: Session.Session = Session.fromCookie(oldKey)
) => {
  const asked: Array<string> = []
  let step = GetUser.getUser(using, state, session, moment)
  while (step._tag === "Paused") {
    asked.push(step.query._tag)
    const answer = step.query._tag === "LoadSession" ? answers.session : answers.user
    if (answer === undefined) throw new Error(`${step.query._tag} was not expected`)
    step = GetUser.resume(using, step.request, step.session, step.state, answer, moment)
  }
  return { ...step, asked }
}

describe("getUser", () => {
  it("queries the session, then the user", () => {
    const step = answered(settings, { session: found(identity("1", hash)), user: { _tag: "UserFound", known: temp } })
    expect([step.asked, step.value]).toEqual([["LoadSession", "LoadUser"], { name: "temp" }])
    expect([step.session.accessed, step.session.modified]).toEqual([true, false])
  })

  it("needs one query if the user was loaded with the session", () => {
    const prefetched = { backend: model, id: "1", known: temp }
    const step = answered(settings, { session: found(identity("1", hash), prefetched) })
    expect([step.asked, step.value]).toEqual([["LoadSession"], { name: "temp" }])
  })

  it("ignores a prefetched about a user that the session does not name", () => {
    const mallory = { id: "2", user: { name: "mallory" }, password }
    for (const prefetched of [
      { backend: model, id: "2", known: mallory },
      { backend: "another", id: "1", known: mallory }
    ]) {
      const step = answered(settings, {
        session: found(identity("1", hash), prefetched),
        user: { _tag: "UserFound", known: temp }
      })
      expect([step.asked, step.value]).toEqual([["LoadSession", "LoadUser"], { name: "temp" }])
    }
  })

  it("queries nothing the second time, and nothing without a cookie", () => {
    const first = answered(settings, { session: found(identity("1", hash)), user: { _tag: "UserFound", known: temp } })
    expect(answered(settings, {}, first.request, first.session).asked).toEqual([])
    expect(answered(settings, {}, request, Session.fromCookie(undefined)).asked).toEqual([])
  })

  it("ignores an answer about a user that the session no longer names", () => {
    const before = GetUser.getUser(settings, request, read(identity("1", hash)), moment)
    if (before._tag !== "Paused") throw new Error("does not ask")
    const [bobsHash] = settings.authHashes("bob's")
    const meanwhile = read(identity("2", bobsHash))
    const after = GetUser.resume(
      settings,
      before.request,
      meanwhile,
      before.state,
      { _tag: "UserFound", known: temp },
      moment
    )
    expect(after._tag === "Paused" && after.query).toEqual({ _tag: "LoadUser", backend: model, id: "2" })
  })

  it("does not change a user who logged in while it waited", () => {
    const before = GetUser.getUser(settings, request, Session.fromCookie(oldKey), moment)
    if (before._tag !== "Paused") throw new Error("does not ask")
    const user = {
      _tag: "Authenticated" as const,
      user: { name: "bob" },
      principal: { id: "2", backend: model, authHash: "h" }
    }
    const after = GetUser.resume(
      settings,
      { ...request, user },
      read({}),
      before.state,
      { _tag: "SessionAbsent" },
      moment
    )
    expect([after._tag, after._tag === "Done" && after.value]).toEqual(["Done", { name: "bob" }])
  })

  it("keeps the key of a session whose text is corrupt, and logs a warning", () => {
    const step = answered(settings, { session: { _tag: "SessionFound", text: "garbage:1:2", prefetched: undefined } })
    expect([step.value, step.session.key]).toEqual([undefined, oldKey])
    const paused = GetUser.getUser(settings, request, Session.fromCookie(oldKey), moment)
    const after =
      paused._tag === "Paused" &&
      GetUser.resume(
        settings,
        request,
        paused.session,
        paused.state,
        { _tag: "SessionFound", text: "garbage:1:2", prefetched: undefined },
        moment
      )
    expect(after !== false && after.effects).toEqual([{ _tag: "Warn", event: "SessionCorrupted" }])
  })

  describe("on a damaged session", () => {
    const intact = identity("1", hash)
    const userFound: LoadUserAnswer<User> = { _tag: "UserFound", known: temp }
    const userAbsent: LoadUserAnswer<User> = { _tag: "UserAbsent" }
    const without = (name: keyof typeof intact) =>
      Object.fromEntries(Object.entries(intact).filter(([key]) => key !== name))
    const rotated = settingsWith("new-secret", ["secret-key"])
    const rotatedWithout = settingsWith("new-secret")
    const cases: Record<string, () => ReturnType<typeof answered>> = {
      intact: () => answered(settings, { session: found(intact), user: userFound }),
      "hash wrong": () => answered(settings, { session: found(identity("1", "0".repeat(64))), user: userFound }),
      "hash missing": () => answered(settings, { session: found(without("_auth_user_hash")), user: userFound }),
      "hash empty": () => answered(settings, { session: found(identity("1", "")), user: userFound }),
      "user id missing": () => answered(settings, { session: found(without("_auth_user_id")) }),
      "user id is an int": () =>
        answered(settings, { session: found({ ...intact, _auth_user_id: 1 }), user: userFound }),
      "user id unknown": () => answered(settings, { session: found(identity("99", hash)), user: userAbsent }),
      // Django raises an error; latchkey's stores find no user under an invalid id.
      "user id not a number": () => answered(settings, { session: found(identity("x", hash)), user: userAbsent }),
      "backend missing": () => answered(settings, { session: found(without("_auth_user_backend")) }),
      "backend not in settings": () =>
        answered(settings, { session: found(identity("1", hash, "some.other.Backend")) }),
      "user deleted": () => answered(settings, { session: found(intact), user: userAbsent }),
      "user inactive": () => answered(settings, { session: found(intact), user: userAbsent }),
      "password changed elsewhere": () =>
        answered(settings, {
          session: found(intact),
          user: { _tag: "UserFound", known: { ...temp, password: "another" } }
        }),
      "secret rotated, old one in fallbacks": () => answered(rotated, { session: found(intact), user: userFound }),
      "secret rotated, no fallbacks": () => answered(rotatedWithout, { session: found(intact), user: userFound })
    }

    for (const row of vectors.data)
      it(`${row.label}: does as Django does`, () => {
        const step = cases[row.label]!()
        const { session } = step
        const cookie = session.key === oldKey ? {} : { sessionid: session.key === undefined ? "emptied" : "new" }
        expect({ body: step.value?.name ?? "anonymous", cookie, row_exists: session.key === oldKey }).toEqual({
          body: row.body ?? "anonymous",
          cookie: row.set_cookies ?? {},
          row_exists: row.row_exists ?? true
        })
      })

    it("renews the key and hash under the new secret, and drops the change if the row is gone", () => {
      const step = cases["secret rotated, old one in fallbacks"]!()
      const [newHash] = rotated.authHashes(password)
      expect(Session.isLoaded(step.session) && plain(step.session.data)).toEqual(identity("1", newHash))
      expect([step.session.key, step.session.ifGone]).toEqual([newKey, "Drop"])
    })

    it("covers all of them", () => {
      expect(vectors.data.map(({ label }) => label)).toEqual(Object.keys(cases))
    })
  })

  it("ignores values on Object.prototype", () => {
    const planted = identity("1", hash)
    try {
      for (const [name, value] of Object.entries(planted))
        Object.defineProperty(Object.prototype, name, { value, configurable: true })
      expect(answered(settings, { session: found({}) }).value).toBeUndefined()
    } finally {
      for (const name of Object.keys(planted)) Reflect.deleteProperty(Object.prototype, name)
    }
  })
})
