import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { defineBackend } from "../../../src/adapters/backend/define-backend.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { BackendUnavailable, PermissionDenied } from "../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { type MemoryUser, memory } from "../../../src/adapters/store/memory.ts"
import { model } from "../request/site.ts"

interface Machine {
  readonly serial: string
}

const machines = (overrides: { readonly authenticate?: () => Promise<never> } = {}) =>
  defineBackend<Machine, { readonly token: string }>({
    credentials: Schema.Struct({ token: Schema.String }),
    authenticate:
      overrides.authenticate ?? (({ token }) => (token.startsWith("t-") ? { serial: token.slice(2) } : undefined)),
    getUser: (serial) => ({ serial }),
    idOf: ({ serial }) => serial
  })

const head = (cookie?: string) => ({
  method: "GET",
  target: "/",
  headers: cookie === undefined ? [] : [["Cookie", cookie] as const],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})

const cookieOf = (lines: ReadonlyArray<string>) => lines.map((line) => line.split(";")[0]).join("; ")

describe("an application's own backend", () => {
  it("authenticates without a password, and its user is found again", async () => {
    const auth = createAuth({ secretKey: "s", sessions: memory().sessions, backends: { machines: machines() } })
    const first = auth.open(head())
    const machine = await first.context.authenticate({ token: "t-7" })
    await first.context.login(machine!)
    const { cookies } = await first.respond(200)
    const second = auth.open(head(cookieOf(cookies)))
    expect(await second.context.getUser()).toEqual({ serial: "7" })
  })

  it("is skipped when the credentials are of another kind", async () => {
    const stores = memory()
    const auth = createAuth<Machine | MemoryUser>({
      secretKey: "s",
      sessions: stores.sessions,
      backends: {
        machines: machines({ authenticate: () => Promise.reject(new Error("was asked")) }),
        [model]: modelBackend(stores.users)
      },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    await auth.createUser({ username: "alice", password: "p" })
    const { context } = auth.open(head())
    expect(await context.authenticate({ username: "alice", password: "p" })).toMatchObject({ username: "alice" })
    expect(await context.authenticate({ pin: "1234" })).toBeUndefined()
  })

  it("prevents the other backends from being tried when it denies", async () => {
    const auth = createAuth<Machine>({
      secretKey: "s",
      sessions: memory().sessions,
      backends: { first: machines({ authenticate: () => Promise.reject(new PermissionDenied()) }), second: machines() }
    })
    expect(await auth.open(head()).context.authenticate({ token: "t-7" })).toBeUndefined()
  })

  it("that fails is an outage, not an answer, also for a framework that answers the failure with 500", async () => {
    const cause = new Error("directory down")
    const auth = createAuth<Machine>({
      secretKey: "s",
      sessions: memory().sessions,
      backends: { first: machines({ authenticate: () => Promise.reject(cause) }), second: machines() }
    })
    const request = auth.open(head())
    const outage = new BackendUnavailable({ backend: "first", cause })
    await expect(request.context.authenticate({ token: "t-7" })).rejects.toEqual(outage)
    await expect(request.respond(500)).rejects.toEqual(outage)
  })

  it("must be named at a login when there are several and none of them authenticated the user in this request", async () => {
    const backends = { first: machines(), second: machines() }
    const auth = createAuth<Machine>({ secretKey: "s", sessions: memory().sessions, backends })
    const request = auth.open(head())
    const { context } = request
    await expect(context.login({ serial: "7" })).rejects.toThrow("several backends")
    await context.login({ serial: "7" }, { backend: "second" })
    const { cookies } = await request.respond(200)
    const { context: later } = auth.open(head(cookieOf(cookies)))
    expect(await later.session.get("_auth_user_backend")).toBe("second")
  })
})

describe("two user stores in one application", () => {
  const both = async () => {
    const [customers, staff] = [memory(), memory()]
    const auth = createAuth<MemoryUser>({
      secretKey: "s",
      sessions: memory().sessions,
      backends: { customers: modelBackend(customers.users), staff: modelBackend(staff.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    await auth.createUser({ username: "mallory", password: "m" }, { backend: "customers" })
    await auth.createUser({ username: "admin", password: "a" }, { backend: "staff" })
    return auth
  }

  it("never change the password of another backend's user with the same id", async () => {
    const auth = await both()
    const { context } = auth.open(head())
    const mallory = await context.authenticate({ username: "mallory", password: "m" })
    expect(await context.setPassword(mallory!, "new")).toBe(true)
    expect(await context.authenticate({ username: "admin", password: "a" })).toMatchObject({ username: "admin" })
    expect(await context.authenticate({ username: "admin", password: "new" })).toBeUndefined()
    expect(await context.authenticate({ username: "mallory", password: "new" })).toMatchObject({ username: "mallory" })
  })

  it("must be named outside of a request", async () => {
    const auth = await both()
    const mallory = await auth.open(head()).context.authenticate({ username: "mallory", password: "m" })
    await expect(auth.setPassword(mallory!, "new")).rejects.toThrow("several backends")
    await expect(auth.createUser({ username: "bob" })).rejects.toThrow("several backends")
    expect(await auth.checkPassword(mallory!, "m", { backend: "customers" })).toBe(true)
    expect(await auth.checkPassword(mallory!, "m", { backend: "staff" })).toBe(false)
  })
})
