import { describe, expect, it } from "vitest"
import { normalizeEmail, normalizeUsername } from "../../../../src/core/accounts/new-user.ts"
import * as Authenticate from "../../../../src/core/auth/login/authenticate.ts"
import { clean } from "../../../../src/core/auth/login/credentials.ts"
import { makeAuthHashes } from "../../../../src/core/auth/state/auth-hash.ts"
import type { AskBackendAnswer, KnownUser } from "../../../../src/core/effect.ts"
import authHashes from "../../../vectors/auth_hash.json" with { type: "json" }
import credentials from "../../../vectors/clean_credentials.json" with { type: "json" }
import { moment, read, request, settings, type User } from "../scene.ts"

const alice: KnownUser<User> = { id: "1", user: { name: "alice" }, password: "encoded" }
const declined: AskBackendAnswer<User> = { _tag: "Declined" }

const asking = (backends: ReadonlyArray<string>, answers: Record<string, AskBackendAnswer<User>>) => {
  const asked: Array<string> = []
  let step = Authenticate.authenticate<User>(request, read({}), backends, { username: "alice" })
  while (step._tag === "Paused") {
    if (step.query._tag !== "AskBackend") throw new Error("asks something else")
    asked.push(step.query.backend)
    step = Authenticate.resume(settings, step.request, step.session, step.state, answers[step.query.backend]!, moment)
  }
  return { ...step, asked }
}

const failed = { _tag: "AnnounceSignal", signal: "user_login_failed", credentials: { username: "alice" } }

describe("authenticate", () => {
  it("asks the backends in order until one accepts the credentials", () => {
    const step = asking(["a", "b", "c"], { a: declined, b: { _tag: "Accepted", known: alice } })
    expect([step.asked, step.effects]).toEqual([["a", "b"], []])
    expect(step.value).toEqual({
      user: { name: "alice" },
      principal: { id: "1", backend: "b", authHash: settings.authHashes("encoded")[0] }
    })
  })

  it("asks no further backend once a backend has denied", () => {
    const step = asking(["a", "b"], { a: { _tag: "Denied" }, b: { _tag: "Accepted", known: alice } })
    expect([step.asked, step.value, step.effects]).toEqual([["a"], undefined, [failed]])
  })

  it("announces the failure if all backends decline, and if no backend accepts such credentials", () => {
    expect(asking(["a"], { a: declined }).effects).toEqual([failed])
    expect(asking([], {}).effects).toEqual([failed])
  })

  it("changes neither request nor session", () => {
    const step = asking(["a"], { a: { _tag: "Accepted", known: alice } })
    expect([step.request, step.session]).toEqual([request, read({})])
  })

  it("pauses in a state without credentials", () => {
    const step = Authenticate.authenticate<User>(
      request,
      read({}),
      ["a", "b"],
      clean({ username: "alice", password: "p" })
    )
    expect(step._tag === "Paused" && step.state).toEqual({
      _tag: "Asking",
      asked: "a",
      untried: ["b"],
      credentials: { username: "alice", password: "********************" }
    })
  })
})

describe("cleaned credentials", () => {
  const mask = "*".repeat(20)
  /** Django shows these values, although they may be secrets. */
  const shownByDjango: Record<string, string> = { otp: mask, passw0rd: mask }
  for (const [name, value] of Object.entries({ ...credentials.data, ...shownByDjango }))
    it(`${value === "v" ? "show" : "mask"} ${name}`, () => {
      expect(clean({ [name]: "v" })).toEqual({ [name]: value })
    })

  it("show texts that name a user, and nothing else", () => {
    const secrets = ["code", "pin", "totp", "passcode", "ticket", "assertion", "SAMLResponse", "__proto", "answer"]
    for (const name of secrets) expect(clean({ [name]: "v" })).toEqual({ [name]: mask })
    expect(clean({ badge: "v", remoteUser: "v" }, ["badge"])).toEqual({ badge: "v", remoteUser: "v" })
    expect(clean({ api_user: "v" }, ["api_user"])).toEqual({ api_user: mask })
    for (const value of [{ password: "v" }, ["v"], 5, null, undefined])
      expect(clean({ username: value })).toEqual({ username: mask })
  })
})

describe("the session auth hash", () => {
  for (const row of authHashes.data)
    it(`is Django's for ${JSON.stringify(row.password_field).slice(0, 40)}`, () => {
      expect(
        makeAuthHashes(row.secret, ["older-secret-key-abcdefghij-abcdefghij-abcdefghij"])(row.password_field)
      ).toEqual([row.sha256, row.old_secret_sha256])
    })
})

describe("a new user's name", () => {
  it("is NFKC-normalised", () => {
    expect(normalizeUsername("ﬁona①")).toBe("fiona1")
  })

  it("is refused when it cannot be stored", () => {
    for (const name of ["", "a\0b", "\ud800", "x".repeat(151), "ﷺ".repeat(100)])
      expect(normalizeUsername(name)).toBeUndefined()
    expect(normalizeUsername("x".repeat(150))).toBe("x".repeat(150))
  })

  it("is measured before it is normalised", () => {
    // Normalising this takes minutes.
    expect(normalizeUsername(`a${"\u0300\u0316".repeat(500_000)}`)).toBeUndefined()
  })
})

describe("a new user's e-mail address", () => {
  it("has its domain in lower case and no space around it", () => {
    expect(normalizeEmail(" Ann@EXAMPLE.com ")).toBe("Ann@example.com")
    expect(normalizeEmail("a@b@EXAMPLE.com")).toBe("a@b@example.com")
    expect(normalizeEmail(" no address ")).toBe(" no address ")
  })
})
