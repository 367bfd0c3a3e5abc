/** Password validation and password-reset links. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { systemClockAndRandom as systemWorld } from "../../../src/adapters/clock-and-random/clock-and-random.ts"
import { memory } from "../../../src/adapters/store/memory.ts"
import {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  userAttributeSimilarity
} from "../../../src/core/password/validators.ts"
import { application, browser, logIn, model } from "../request/site.ts"

const days = 86_400_000

describe("validating a password", () => {
  const four = [userAttributeSimilarity(), minimumLength(), commonPassword(["123456"]), notEntirelyNumeric()]

  it("returns the problems of all validators, in their order", async () => {
    const { auth } = await application({ passwordValidators: four })
    expect(await auth.validatePassword("123456")).toEqual([
      {
        code: "password_too_short",
        message: "This password is too short. It must contain at least 8 characters.",
        params: { min_length: 8 }
      },
      { code: "password_too_common", message: "This password is too common.", params: {} },
      { code: "password_entirely_numeric", message: "This password is entirely numeric.", params: {} }
    ])
    expect(await auth.validatePassword("correct horse")).toEqual([])
  })

  it("compares it with a user, or with the fields of a form", async () => {
    const { auth } = await application({ passwordValidators: four })
    const carol = await auth.createUser({ username: "carol-of-the-hill" })
    const codes = async (owner?: object) =>
      (await auth.validatePassword("CarolOfTheHill", owner)).map(({ code }) => code)
    expect(await codes(carol)).toEqual(["password_too_similar"])
    expect(await codes({ username: "carol-of-the-hill" })).toEqual(["password_too_similar"])
    expect(await codes({ username: "dave" })).toEqual([])
    expect(await codes()).toEqual([])
  })

  it("accepts every password without validators", async () => {
    const { auth } = await application()
    expect(await auth.validatePassword("1", { username: "1" })).toEqual([])
  })

  it("is not done when a user is created or a password is set", async () => {
    const { auth } = await application({ passwordValidators: four })
    const user = await auth.createUser({ username: "erin", password: "1" })
    expect(user && (await auth.checkPassword(user, "1"))).toBe(true)
    expect(user && (await auth.setPassword(user, "2"))).toBe(true)
  })

  it("runs the application's own validators", async () => {
    const problem = { code: "password_of_ours", message: "Not that one.", params: {} }
    const { auth } = await application({
      passwordValidators: [(password) => (password === "ours" ? problem : undefined)]
    })
    expect(await Effect.runPromise(auth.accounts.validatePassword("ours"))).toEqual([problem])
    expect(await Effect.runPromise(auth.accounts.validatePassword("theirs"))).toEqual([])
  })
})

describe("a password-reset link", () => {
  const arrange = async (options: Parameters<typeof application>[0] = {}) => {
    const clock = { now: Date.UTC(2024, 4, 6, 7, 8, 9, 987) }
    const world = { ...systemWorld, now: () => clock.now }
    const { auth, stores } = await application({ clockAndRandom: world, ...options })
    const user = await auth.createUser({ username: "carol", email: "Carol@example.com", password: "before" })
    if (user === undefined) throw new Error("no user")
    const token = (await auth.passwordResetToken(user)) ?? "none"
    return { auth, clock, stores, token, user, isGood: () => auth.checkPasswordResetToken(user, token) }
  }

  it("is a uid and a token", async () => {
    const { auth, token, user, isGood } = await arrange()
    expect(auth.passwordResetUid(user)).toBe(Buffer.from(String(user.id)).toString("base64url"))
    expect(token).toMatch(/^c6lftl-[0-9a-f]{32}$/)
    expect(await auth.passwordResetUser(auth.passwordResetUid(user))).toEqual(user)
    expect(await isGood()).toBe(true)
  })

  it("is valid once: not after a change of the password, the last login or the address", async () => {
    const changed = await arrange()
    expect(await changed.auth.setPassword(changed.user, "before")).toBe(true)
    expect(await changed.isGood()).toBe(false)

    const loggedIn = await arrange()
    await browser(loggedIn).visit(logIn("carol", "before"))
    expect(await loggedIn.isGood()).toBe(false)
    const after = await loggedIn.auth.passwordResetToken(loggedIn.user)
    expect(await loggedIn.auth.checkPasswordResetToken(loggedIn.user, after ?? "none")).toBe(true)

    const moved = await arrange()
    moved.stores.users.change(String(moved.user.id), { email: "elsewhere@example.com" })
    expect(await moved.isGood()).toBe(false)
  })

  it("is refused for every other user, and every other text is refused", async () => {
    const { auth, token, user } = await arrange()
    const other = await auth.createUser({ username: "dave", email: user.email, password: "before" })
    expect(other && (await auth.checkPasswordResetToken(other, token))).toBe(false)
    for (const text of ["", "-", token.toUpperCase(), `${token}0`, `0${token}`])
      expect(await auth.checkPasswordResetToken(user, text)).toBe(false)
  })

  it("is valid for three days, or for the configured time", async () => {
    const standard = await arrange()
    standard.clock.now += 3 * days
    expect(await standard.isGood()).toBe(true)
    standard.clock.now += 1000
    expect(await standard.isGood()).toBe(false)

    const short = await arrange({ passwordResetTimeoutSeconds: 60 })
    short.clock.now += 60_000
    expect(await short.isGood()).toBe(true)
    short.clock.now += 1000
    expect(await short.isGood()).toBe(false)
  })

  it("made under an older secret key is valid while that key is a fallback", async () => {
    const { clock, stores, token, user } = await arrange({ secretKey: "older" })
    const under = (secretKeyFallbacks: ReadonlyArray<string>) =>
      createAuth({
        secretKey: "newer",
        secretKeyFallbacks,
        sessions: stores.sessions,
        backends: { [model]: modelBackend(stores.users) },
        clockAndRandom: { ...systemWorld, now: () => clock.now }
      })
    expect(await under(["oldest", "older"]).checkPasswordResetToken(user, token)).toBe(true)
    expect(await under([]).checkPasswordResetToken(user, token)).toBe(false)
  })

  it("uses the clock of the configured time zone", async () => {
    const { token } = await arrange({ timeZone: "Asia/Kathmandu" })
    const stamp = Number.parseInt(token.split("-")[0] ?? "", 36)
    expect(stamp).toBe(736_672_089 + 20_700)
  })

  it("is sent to active users with a password and with exactly that address", async () => {
    const { auth, stores, user } = await arrange()
    const names = async (email: string) =>
      (await auth.passwordResetRecipients(email)).map(({ username }) => username).sort()
    await auth.createUser({ username: "twin", email: "carol@example.com", password: "twin's" })
    await auth.createUser({ username: "keyless", email: "carol@example.com" })
    expect(await names("CAROL@EXAMPLE.COM")).toEqual(["carol", "twin"])
    // For a database that compares in upper case they are equal.
    await auth.createUser({ username: "mike", email: "mike@example.com", password: "mike's" })
    expect(await names("mıke@example.com")).toEqual([])
    stores.users.change(String(user.id), { isActive: false })
    expect(await names("carol@example.com")).toEqual(["twin"])
    for (const nobody of ["", "nobody@example.com", "\0", "\ud800", "a".repeat(100_000)])
      expect(await names(nobody)).toEqual([])
  })

  it("is not made for a deleted user, and unknown uids find no user", async () => {
    const { auth, stores, user, isGood } = await arrange()
    for (const uid of ["", "!!!", "MQ==MQ", "OTk5", "AA"]) expect(await auth.passwordResetUser(uid)).toBeUndefined()
    stores.users.remove(String(user.id))
    expect(await auth.passwordResetToken(user)).toBeUndefined()
    expect(await isGood()).toBe(false)
    expect(await auth.passwordResetUser(auth.passwordResetUid(user))).toBeUndefined()
  })

  it("does not exist if the user store does not support it", async () => {
    const stores = memory()
    const { findForReset: _, ...users } = stores.users
    const auth = createAuth({ secretKey: "s", sessions: stores.sessions, backends: { [model]: modelBackend(users) } })
    const user = await auth.createUser({ username: "alice" })
    await expect(user && auth.passwordResetToken(user)).rejects.toThrow(
      "this user store has no password resets: use one that implements findForReset, such as postgres(…).users"
    )
  })
})
