/** A proof of a logged-in user is an attempt as a login is: it is limited, counted and announced. */
import { describe, expect, it } from "vitest"
import { Busy, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { passwordProof } from "../../../../src/adapters/ports/login-proof.ts"
import type { PasswordAttempt } from "../../../../src/adapters/ports/passwords.ts"
import { application, browser } from "../site.ts"

const isRight = (code: unknown) => (typeof code === "string" ? code === "123456" : undefined)

const loggedIn = async (beforeAttempt: (attempt: PasswordAttempt) => void = () => {}, keys: Array<unknown> = []) => {
  const app = await application({
    reauthentication: {},
    loginProofs: { code: { verify: (_user, { code }) => isRight(code) }, password: passwordProof() },
    concurrency: 1,
    clientAddress: () => "192.0.2.1",
    beforeAttempt,
    turnKeys: ({ address, username }) => {
      keys.push([address, username])
      return [String(address), String(username)]
    }
  })
  const alice = browser(app)
  await alice.visit(async ({ authenticate, login }) => {
    const user = await authenticate({ username: "alice", password: "alice's" })
    if (user !== undefined) await login(user)
  })
  const prove = async (credentials: Record<string, unknown>) => {
    let accepted: boolean | undefined
    await alice.visit(async ({ reauthenticate }) => {
      accepted = await reauthenticate(credentials)
    })
    return accepted
  }
  return { ...app, alice, prove }
}

describe("reauthenticate", () => {
  it("announces a wrong proof as a failed login, without secrets, with the name of the user", async () => {
    const { auth, prove } = await loggedIn()
    const heard: Array<unknown> = []
    auth.on("user_login_failed", ({ credentials }) => void heard.push(credentials))
    expect(await prove({ password: "alice's" })).toBe(true)
    expect(await prove({ code: "123456" })).toBe(true)
    expect(heard).toEqual([])
    const masked = "*".repeat(20)
    expect(await prove({ password: "bob's", username: "bob" })).toBe(false)
    expect(await prove({ code: "000000", token: "secret" })).toBe(false)
    expect(await prove({})).toBe(false)
    expect(heard).toEqual([
      { password: masked, username: "alice" },
      { code: masked, token: masked, username: "alice" },
      { username: "alice" }
    ])
  })

  it("is the attempt of a login: once for beforeAttempt and the keys of the queue, with every proof", async () => {
    const seen: Array<unknown> = []
    const keys: Array<unknown> = []
    const { prove } = await loggedIn(({ head: _, ...attempt }) => void seen.push(attempt), keys)
    seen.length = 0
    const [login] = keys.splice(0).slice(-1)
    await prove({ password: "wrong" })
    await prove({ password: "alice's" })
    await prove({ code: "000000" })
    const attempt = {
      operation: "authenticate",
      standing: "unknown",
      address: "192.0.2.1",
      username: "alice",
      userId: "1"
    }
    expect(seen).toEqual([attempt, attempt, attempt])
    expect(login).toEqual(["192.0.2.1", "alice"])
    expect(keys).toEqual([login, login, login])
  })

  it("asks no proof and announces nothing when beforeAttempt refuses", async () => {
    for (const error of [
      new Busy({ retryAfterSeconds: 60 }),
      new StoreUnavailable({ operation: "count attempts", cause: "down" })
    ]) {
      let refuses = false
      const { auth, prove } = await loggedIn(() => {
        if (refuses) throw error
      })
      refuses = true
      auth.on("user_login_failed", () => expect.fail("announced"))
      await expect(prove({ code: "123456" })).rejects.toBe(error)
      await expect(prove({ password: "alice's" })).rejects.toBe(error)
    }
  })

  it("is no attempt of an anonymous visitor", async () => {
    const seen: Array<unknown> = []
    const { alice, auth, prove } = await loggedIn((attempt) => void seen.push(attempt))
    seen.length = 0
    auth.on("user_login_failed", () => expect.fail("announced"))
    alice.cookies.clear()
    expect(await prove({ password: "alice's" })).toBe(false)
    expect(seen).toEqual([])
  })
})
