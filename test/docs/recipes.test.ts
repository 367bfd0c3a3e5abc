/** The recipes of docs/recipes, called by handlers of a real server, do what docs/recipes.md says of them. */
import { createHash } from "node:crypto"
import { createServer, type Server } from "node:http"
import { text } from "node:stream/consumers"
import { nodeAuth } from "latchkey/node"
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import type { Context, Form } from "../../docs/recipes/handler.ts"
import { type FormVisitor, formVisitor } from "../rig/form-visitor.ts"

vi.hoisted(() => {
  process.env["SECRET_KEY"] = "recipes-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
})
// The recipes use the default hasher, which takes a third of a second for each password. Here it takes less.
vi.mock("latchkey", async (original) => {
  const latchkey = await original<typeof import("latchkey")>()
  const createAuth: typeof latchkey.createAuth = (options) =>
    latchkey.createAuth({ ...options, hashers: [latchkey.pbkdf2Sha256({ iterations: 1000 })] })
  return { ...latchkey, createAuth }
})
const { auth } = await import("../../docs/recipes/auth.ts")
const { records } = await import("../../docs/recipes/audit-log.ts")
const { signOutEverywhere } = await import("../../docs/recipes/sign-out-everywhere.ts")
const { signUp } = await import("../../docs/recipes/sign-up.ts")

type Recipe = (context: Context, form: Form) => Promise<unknown>

const recipes: Readonly<Record<string, Recipe>> = {
  "/login": async ({ authenticate, login }, { password, username }) => {
    const user = await authenticate({ username, password })
    if (user !== undefined) await login(user)
    return user !== undefined
  },
  "/sign-out-everywhere": signOutEverywhere,
  "/sign-up": async (context, form) => (await signUp(context, form)) ?? null,
  "/logout": ({ logout }) => logout()
}

const handler = nodeAuth(auth, async (req, res, context) => {
  const form = new URLSearchParams(await text(req))
  if (req.method === "POST") await context.verifyCsrf(form)
  const recipe = req.method === "POST" ? recipes[req.url ?? ""] : undefined
  const said = await recipe?.(context, Object.fromEntries(form))
  const user = await context.getUser()
  const field = `<input name="csrfmiddlewaretoken" value="${await context.getCsrfToken()}">`
  res.end(`${field}\n${JSON.stringify({ user: user?.username, rights: user?.isSuperuser, said })}`)
})

let server: Server
let url: string
beforeAll(async () => {
  server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** A browser that has opened a page with a form. */
const arrive = async (): Promise<FormVisitor> => {
  const client = formVisitor(url)
  await client.get("/")
  return client
}

const answer = (page: { readonly text: string }) => JSON.parse(page.text.split("\n")[1] ?? "")
const userOf = async (client: FormVisitor): Promise<unknown> => answer(await client.get("/")).user

const password = "a horse that is correct"
let count = 0
let username: string
beforeEach(async () => {
  username = `user-${++count}`
  await auth.createUser({ username, password })
})
const loggedIn = async (): Promise<FormVisitor> => {
  const client = await arrive()
  expect(answer(await client.send("/login", { username, password })).said).toBe(true)
  return client
}

describe("sign-up", () => {
  const signedUp = async (form: Readonly<Record<string, string>>) => {
    const client = await arrive()
    return { client, said: answer(await client.send("/sign-up", form)).said }
  }

  it("creates the account and logs its user in", async () => {
    const name = `new-${username}`
    const { client, said } = await signedUp({ username: name, password })
    expect([said, await userOf(client)]).toEqual([null, name])
    expect(answer(await (await arrive()).send("/login", { username: name, password })).said).toBe(true)
  })

  it("answers 409 if the name is taken, and leaves the password of its user", async () => {
    const { client, said } = await signedUp({ username, password: "another horse that is right" })
    expect(said).toEqual({ status: 409, messages: ["A user with that user name already exists."] })
    expect(await userOf(client)).toBeUndefined()
    expect(await userOf(await loggedIn())).toBe(username)
  })

  it("creates one account of two requests at the same moment", async () => {
    const form = { username: `both-${username}`, password }
    const both = await Promise.all([signedUp(form), signedUp(form)])
    expect(both.map(({ said }) => said?.status).toSorted()).toEqual([409, undefined])
  })

  it("shows each problem of the password, and creates no account", async () => {
    const name = `weak-${username}`
    const { client, said } = await signedUp({ username: name, password: "1234567" })
    expect(said).toEqual({
      status: 400,
      messages: [
        "This password is too short. It must contain at least 8 characters.",
        "This password is too common.",
        "This password is entirely numeric."
      ]
    })
    expect(await userOf(client)).toBeUndefined()
    expect((await signedUp({ username: name, password })).said).toBeNull()
  })

  it.each(["", "a b", "x".repeat(151), "a\u0000"])("refuses the user name %j", async (name) => {
    expect((await signedUp({ username: name, password })).said).toMatchObject({ status: 400 })
  })
})

describe("sign out everywhere", () => {
  it("ends the user's other sessions, and the password stays the same", async () => {
    const [here, there] = [await loggedIn(), await loggedIn()]
    expect(answer(await here.send("/sign-out-everywhere", { password })).said).toBe(true)
    expect([await userOf(here), await userOf(there)]).toEqual([username, undefined])
    expect(await userOf(await loggedIn())).toBe(username)
  })

  it("needs the password", async () => {
    const [here, there] = [await loggedIn(), await loggedIn()]
    expect(answer(await here.send("/sign-out-everywhere", { password: "wrong" })).said).toBe(false)
    expect(await userOf(there)).toBe(username)
  })
})

describe("the audit log", () => {
  const events = () => records.map((line) => JSON.parse(line))
  const hashOf = (key: string | undefined) =>
    createHash("sha256")
      .update(key ?? "")
      .digest("base64url")
      .slice(0, 16)

  it("names logins, failures and logouts, and their sessions by a hash", async () => {
    records.length = 0
    const client = await arrive()
    await client.send("/login", { username, password: "wrong" })
    await client.send("/login", { username, password })
    const key = client.jar.get("sessionid")
    await client.send("/logout", {})
    await vi.waitFor(() => expect(records).toHaveLength(3), 20_000)
    expect(events()).toEqual([
      { at: expect.stringMatching(/^\d{4}-.*Z$/), event: "login failed", username },
      { at: expect.anything(), event: "login", username, session: hashOf(key) },
      { at: expect.anything(), event: "logout", username, session: hashOf(key) }
    ])
    for (const secret of [key ?? "", password, "wrong"]) expect(records.join()).not.toContain(secret)
  })

  it("keeps each event in one line of ASCII, with any user name that a client sends", async () => {
    records.length = 0
    const hostile = `eve"}\n{"event":"login"}\r\u001b[2J\u2028\u202e\u0085é😀`
    await (await arrive()).send("/login", { username: hostile, password: "wrong" })
    expect(records).toEqual([expect.stringMatching(/^[ -~]+$/)])
    expect(events()[0]).toMatchObject({ event: "login failed", username: hostile })
  })
})
