/** With `observe`, every answer equals that without the feature, except for headers and cookies of its own. */
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { makeDevice } from "../../../rig/device.ts"

const short = "__Host-sessionid-device"
type Page = (context: AuthContext<MemoryUser, AnyFields>) => Promise<unknown>

/** A site and a browser that keeps its cookies. */
const siteWith = async (isObserved: boolean) => {
  const { sessions, users } = memory()
  let now = 1_700_000_000_000
  const auth = createAuth({
    secretKey: "observe-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
    sessions,
    backends: { model: modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    sessionCookie: { secure: true },
    allowedHosts: ["example.com"],
    clockAndRandom: { now: () => now },
    ...(isObserved ? { deviceBound: { mode: "observe" as const } } : {})
  })
  for (const username of ["alice", "bob"]) await auth.createUser({ username, password: `${username}'s password` })
  const jar = new Map<string, string>()
  let registration = ""

  const ask = async (page: Page, extra: ReadonlyArray<readonly [string, string]> = [], target = "/") => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ")
    const method = target === "/" ? "GET" : "POST"
    const request = auth.open({
      method,
      target,
      headers: [["host", "example.com"], ["cookie", cookie], ...extra],
      transport: { secure: true, serverName: "example.com", serverPort: "443" }
    })
    let answer: unknown
    let failure: { readonly headers?: Readonly<Record<string, string>>; readonly status?: number } = {}
    try {
      await request.enter({ body: undefined, exempt: () => true, loginRequired: undefined })
      answer = await page(request.context)
    } catch (error) {
      failure = Object(error)
      answer = `${error instanceof Error ? error.name : ""} ${failure.status}`
    }
    const headers = await request.respond(failure.status ?? 200)
    registration = headers.registration ?? registration
    const cookies = [
      ...headers.cookies,
      ...(failure.headers?.["set-cookie"] === undefined ? [] : [failure.headers["set-cookie"]])
    ]
    for (const line of cookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    const { cookies: all, registration: _, ...others } = headers
    return {
      answer,
      ...others,
      cookies: all
        .filter((line) => !line.startsWith(`${short}=`))
        .map((line) => line.replace(/^(\w+)=[A-Za-z0-9]{32};/, "$1=…;"))
    }
  }
  return {
    ask,
    jar,
    wait: (seconds: number) => {
      now += seconds * 1000
    },
    registration: () => /challenge="([^"]*)"/.exec(registration)?.[1] ?? ""
  }
}

const logIn =
  (username: string): Page =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username, password: `${username}'s password` })
    if (user !== undefined) await login(user)
    return user?.username
  }
const who: Page = async ({ getUser, session }) => [(await getUser())?.username, await session.get("cart")]
const write: Page = ({ session }) => session.set("cart", [1])

const fromElsewhere = [
  ["sec-fetch-mode", "navigate"],
  ["sec-fetch-site", "cross-site"]
] as const

const steps: ReadonlyArray<readonly [string, Page, ReadonlyArray<readonly [string, string]>?]> = [
  ["an anonymous visit", who],
  ["a login", logIn("alice")],
  ["a page", who],
  ["a write", write],
  ["a page after that", who],
  ["a link from another site", who, fromElsewhere],
  ["a guard", async ({ requireUser }) => (await requireUser()).username, fromElsewhere],
  ["a login of the same user", logIn("alice")],
  ["a new key", ({ session }) => session.cycleKey()],
  ["clear", ({ session }) => session.clear()],
  ["a login of another user", logIn("bob")],
  ["a page of the other user", who],
  ["a commit", ({ commit }) => commit()],
  ["a logout", ({ logout }) => logout()],
  ["a guard without a user", async ({ requireUser }) => (await requireUser()).username]
]

describe("deviceBound: observe", () => {
  it.each([
    ["a browser that does not register", false],
    ["a browser that registers and never proves it", true]
  ])("changes no answer for %s", async (_, registers) => {
    const [observed, bare] = [await siteWith(true), await siteWith(false)]
    for (const [name, page, headers] of steps) {
      expect(await observed.ask(page, headers), name).toEqual(await bare.ask(page, headers))
      if (registers && name.startsWith("a login")) {
        const proof = makeDevice().register(observed.registration())
        const { answer } = await observed.ask(who, [["secure-session-response", proof]], "/dbsc/register")
        expect(answer).toBe("DeviceResponse 200")
        expect(observed.jar.delete(short)).toBe(true)
      }
      observed.wait(30)
      bare.wait(30)
    }
  })
})
