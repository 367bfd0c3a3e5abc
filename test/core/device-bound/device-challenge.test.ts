import { describe, expect, it } from "vitest"
import * as Challenge from "../../../src/core/device-bound/device-challenge.ts"
import { id, now, otherId, settings, settingsWith } from "./device-scene.ts"

const challenge = Challenge.make(settings, "refresh", id, now)

describe("a challenge", () => {
  it("is valid for one purpose and one binding", () => {
    expect(Challenge.isValid(settings, "refresh", id, challenge, now)).toBe(true)
    expect(Challenge.isValid(settings, "register", id, challenge, now)).toBe(false)
    expect(Challenge.isValid(settings, "refresh", otherId, challenge, now)).toBe(false)
  })

  it.each([
    [300_000, true],
    [300_001, false],
    [-300_000, true],
    [-300_001, false]
  ])("%i ms after it was made is valid: %s", (passed, isValid) => {
    expect(Challenge.isValid(settings, "refresh", id, challenge, now + passed)).toBe(isValid)
  })

  it("is valid only with the secret that signed it", () => {
    expect(Challenge.isValid(settingsWith({}, "new", ["secret"]), "refresh", id, challenge, now)).toBe(true)
    expect(Challenge.isValid(settingsWith({}, "new"), "refresh", id, challenge, now)).toBe(false)
  })

  it.each(["", "..", `refresh.${id}`, `refresh.${id}.${now.toString(36)}`, `${challenge}x`])("%j is none", (text) => {
    expect(Challenge.isValid(settings, "refresh", id, text, now)).toBe(false)
  })
})
