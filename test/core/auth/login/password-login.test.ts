import { describe, expect, it } from "vitest"
import * as ModelBackend from "../../../../src/core/auth/login/password-login.ts"
import type { AnswerTo, KnownUser, PasswordQuery } from "../../../../src/core/effect.ts"
import { moment, type User } from "../scene.ts"

const alice: KnownUser<User> = { id: "1", user: { name: "alice" }, password: "stored" }
const found = (isActive = true, password = "stored") => ({
  _tag: "UserFound" as const,
  known: { ...alice, password },
  isActive
})
const verified = (correct: boolean, mustUpdate = false) => ({ _tag: "Verified" as const, correct, mustUpdate })
const hashed = { _tag: "Hashed" as const, encoded: "fresh" }

/** Gives the answers in order; returns the queries and the result. */
const run = (
  answers: ReadonlyArray<AnswerTo<PasswordQuery, User>>,
  settings: ModelBackend.ModelBackendSettings = { allowInactive: false }
) => {
  const asked: Array<string> = []
  const mayPass: Array<boolean> = []
  let step: ModelBackend.CheckPassword<User> = ModelBackend.checkPassword<User>("alice")
  for (const answer of answers) {
    if (step._tag === "Done") throw new Error(`done before ${answer._tag}`)
    asked.push(step.query._tag)
    if (step.query._tag === "VerifyPassword") mayPass.push(step.query.mayPass)
    step = ModelBackend.resume(settings, step.state, answer, moment)
  }
  if (step._tag === "Paused") throw new Error(`still asks ${step.query._tag}`)
  return { asked, mayPass, answer: step.value }
}

describe("the model backend", () => {
  it("accepts an active user with the right password", () => {
    expect(run([found(), verified(true)])).toEqual({
      asked: ["FindUser", "VerifyPassword"],
      mayPass: [true],
      answer: { _tag: "Accepted", known: alice }
    })
  })

  it("declines a wrong password and writes nothing", () => {
    expect(run([found(), verified(false, true)])).toEqual({
      asked: ["FindUser", "VerifyPassword"],
      mayPass: [true],
      answer: { _tag: "Declined" }
    })
  })

  it("computes one hash for an unknown user", () => {
    expect(run([{ _tag: "UserAbsent" }, { _tag: "DummyHashed" }])).toEqual({
      asked: ["FindUser", "DummyHash"],
      mayPass: [],
      answer: { _tag: "Declined" }
    })
  })

  it("declines an inactive user, after as much work", () => {
    expect(run([found(false), verified(true)]).answer).toEqual({ _tag: "Declined" })
    expect(run([found(false), verified(true)], { allowInactive: true }).answer).toEqual({
      _tag: "Accepted",
      known: alice
    })
  })

  it("upgrades an outdated hash and returns the new one, so that the session made from it stays valid", () => {
    expect(run([found(), verified(true, true), hashed, { _tag: "Upgraded" }])).toEqual({
      asked: ["FindUser", "VerifyPassword", "HashPassword", "UpgradePassword"],
      mayPass: [true],
      answer: { _tag: "Accepted", known: { ...alice, password: "fresh" } }
    })
  })

  it("does the work of a wrong password for an inactive user, and writes nothing, also for the right one", () => {
    expect(run([found(false), verified(false)])).toEqual({
      asked: ["FindUser", "VerifyPassword"],
      mayPass: [false],
      answer: { _tag: "Declined" }
    })
    expect(run([found(false), verified(true)], { allowInactive: true }).mayPass).toEqual([true])
    const superseded = [found(), verified(true, true), hashed, { _tag: "Superseded" as const }]
    expect(run([...superseded, found(false), verified(false)]).mayPass).toEqual([true, false])
  })

  it("replaces only the text that was verified", () => {
    const step = ModelBackend.resume(
      { allowInactive: false },
      { _tag: "Hashing", found: { username: "alice", round: 1, known: alice, isActive: true } },
      hashed,
      moment
    )
    expect(step._tag === "Paused" && step.query).toEqual({
      _tag: "UpgradePassword",
      id: "1",
      was: "stored",
      encoded: "fresh"
    })
  })

  it("checks again when another request has changed the password", () => {
    const superseded = [found(), verified(true, true), hashed, { _tag: "Superseded" as const }]
    expect(run([...superseded, found(true, "changed"), verified(false)]).answer).toEqual({ _tag: "Declined" })
    expect(run([...superseded, found(true, "upgraded elsewhere"), verified(true)]).answer).toEqual({
      _tag: "Accepted",
      known: { ...alice, password: "upgraded elsewhere" }
    })
  })

  it("declines if the password was changed twice during the check", () => {
    const superseded = [found(), verified(true, true), hashed, { _tag: "Superseded" as const }]
    expect(run([...superseded, ...superseded]).answer).toEqual({ _tag: "Declined" })
  })
})
