/** Values that handlers throw to their framework. */
import { HTTPException } from "hono/http-exception"
import { describe, expect, it } from "vitest"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import { type FetchAuthOptions, withAuth } from "../../../../src/adapters/http/fetch.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { application } from "../../request/site.ts"

const { auth, stores } = await application({ allowedHosts: ["*"] })

type Context = AuthContext<MemoryUser, AnyFields>
const told: Array<unknown> = []
const options: FetchAuthOptions = { report: (error) => told.push(error) }

/** As in SvelteKit: objects that are not errors. */
class Redirect {
  readonly status: number
  readonly location: string
  constructor(status: number, location: string) {
    this.status = status
    this.location = location
  }
}
class HttpError {
  readonly status: number
  readonly body: { readonly message: string }
  constructor(status: number, body: { readonly message: string }) {
    this.status = status
    this.body = body
  }
}
/** As in React Router. */
class DataWithResponseInit {
  readonly type = "DataWithResponseInit"
  readonly data: unknown
  readonly init: ResponseInit | null
  constructor(data: unknown, init: ResponseInit | null) {
    this.data = data
    this.init = init
  }
}
/** As applications define them. */
class OwnAnswer extends Error {
  readonly status: number
  constructor(status: number) {
    super("own")
    this.status = status
  }
}

/** Calls a handler that acts and then throws this value. @returns the response, or the value that was thrown on */
const thrown = async (
  error: unknown,
  before: (context: Context) => Promise<unknown> | unknown,
  more: FetchAuthOptions = {}
): Promise<{ readonly left?: Response; readonly error?: unknown }> => {
  const handler = withAuth(
    auth,
    async (_request, context) => {
      await before(context)
      throw error
    },
    { ...options, ...more }
  )
  return handler(new Request("http://localhost/")).then(
    (left) => ({ left }),
    (error: unknown) => ({ error })
  )
}

const reads = ({ getUser }: Context) => getUser()
const writes = ({ session }: Context) => session.set("a", 1)
const commits = async (context: Context) => {
  await context.session.set("a", 1)
  await context.commit()
}

const keyIn = (headers: Headers | undefined): string | undefined =>
  headers
    ?.getSetCookie()
    .map((cookie) => /^sessionid=([a-z0-9]{32});/.exec(cookie)?.[1])
    .find((key) => key !== undefined)

const isStored = (key: string | undefined): boolean =>
  Array.from(stores.sessions.rows.keys(), String).includes(String(key))

const isOwn = (error: unknown): boolean => error instanceof OwnAnswer

describe("an answer that a framework expects as a thrown value", () => {
  it.each([
    ["HTTPException", new HTTPException(401, { message: "no" })],
    ["redirect()", new Redirect(303, "/login")],
    ["error()", new HttpError(404, { message: "not here" })],
    ["what isResponse knows", new OwnAnswer(409)]
  ])("reaches the framework as it is: %s", async (_, error) => {
    expect((await thrown(error, () => {}, { isResponse: isOwn })).error).toBe(error)
    expect((await thrown(error, reads, { isResponse: isOwn })).error).toBe(error)
    expect(told).toEqual([])
  })

  it.each([
    ["HTTPException", new HTTPException(401, { message: "no" }), 401, "no", null],
    [
      "HTTPException with a response",
      new HTTPException(403, { res: new Response("mine", { headers: { vary: "Accept", "x-mine": "1" } }) }),
      403,
      "mine",
      null
    ],
    ["redirect()", new Redirect(303, "/login"), 303, "", "/login"],
    ["error()", new HttpError(404, { message: "not here" }), 404, '{"message":"not here"}', null],
    ["what isResponse knows", new OwnAnswer(409), 409, "", null]
  ])("is made here when a cookie has to travel: %s", async (_, error, status, body, location) => {
    const { left } = await thrown(error, writes, { isResponse: isOwn })
    expect([left?.status, await left?.text(), left?.headers.get("location")]).toEqual([status, body, location])
    expect(isStored(keyIn(left?.headers))).toBe(true)
    expect(left?.headers.get("vary")).toMatch(/Cookie$/)
    expect(told).toEqual([])
  })

  it.each([
    ["HTTPException", new HTTPException(503)],
    ["error()", new HttpError(500, { message: "oh" })],
    ["data()", new DataWithResponseInit("oh", { status: 502 })],
    ["what isResponse knows", new OwnAnswer(500)]
  ])("of 500 and above stores nothing: %s", async (_, error) => {
    const before = stores.sessions.rows.size
    const { error: rethrown } = await thrown(error, writes, { isResponse: isOwn })
    expect(rethrown).toBeInstanceOf(error.constructor)
    if (rethrown instanceof DataWithResponseInit) expect(new Headers(rethrown.init?.headers).getSetCookie()).toEqual([])
    expect(stores.sessions.rows.size).toBe(before)
  })

  it("carries cookies and Vary in the headers of data(), which React Router sends", async () => {
    for (const init of [null, {}, { status: 418, headers: { vary: "Accept" } }, { headers: [["x-mine", "1"]] }]) {
      const error = new DataWithResponseInit({ a: 1 }, init as ResponseInit | null)
      const { error: rethrown } = await thrown(error, writes)
      expect(rethrown).toBeInstanceOf(DataWithResponseInit)
      expect(rethrown).not.toBe(error)
      expect(error.init).toEqual(init)
      const { data, init: after } = rethrown as DataWithResponseInit
      expect([data, after?.status]).toEqual([{ a: 1 }, (init as ResponseInit | null)?.status])
      const headers = new Headers(after?.headers)
      expect([isStored(keyIn(headers)), headers.get("vary")]).toEqual([true, expect.stringMatching(/Cookie$/)])
    }
  })

  it.each([
    ["an error with a status", Object.assign(new Error("a bug"), { status: 404 })],
    ["an error with a status and a location", Object.assign(new Error("a bug"), { status: 302, location: "/" })],
    ["an object with a status alone", { status: 404 }],
    ["an object with a status out of range", { status: 42, body: { message: "no" } }],
    ["a location without a redirect", { status: 200, location: "/" }],
    ["a text", "text"],
    ["null", null],
    ["a bug", new TypeError("a bug")]
  ])("is none where the shape is another: %s", async (_, error) => {
    const before = stores.sessions.rows.size
    expect((await thrown(error, writes)).error).toBe(error)
    expect(stores.sessions.rows.size).toBe(before)
    expect(told).toEqual([])
  })
})

describe("any other error", () => {
  it("is answered by latchkey, and reported, when a cookie must be sent", async () => {
    const bug = new Error("a bug")
    const { left } = await thrown(bug, commits)
    expect([left?.status, await left?.text(), isStored(keyIn(left?.headers))]).toEqual([
      500,
      "Internal Server Error",
      true
    ])
    expect(told.splice(0)).toEqual([bug])
  })

  it("is answered by onError when a cookie must be sent", async () => {
    const onError = () => ({ status: 500, headers: { "x-mine": "1" }, body: "sorry" })
    const { left } = await thrown(new Error("a bug"), commits, { onError })
    expect([await left?.text(), left?.headers.get("x-mine")]).toEqual(["sorry", "1"])
    expect(told.splice(0)).toHaveLength(1)
  })
})

describe("a thrown Response", () => {
  it("is thrown again with its cookies with `throwResponses`", async () => {
    const { error } = await thrown(new Response("not here", { status: 404 }), writes, { throwResponses: true })
    expect(error).toBeInstanceOf(Response)
    const response = error as Response
    expect([response.status, await response.text(), isStored(keyIn(response.headers))]).toEqual([404, "not here", true])
  })

  it("is returned without that option, like a Response that the handler returns", async () => {
    expect((await thrown(new Response("not here", { status: 404 }), writes)).left?.status).toBe(404)
    const handler = withAuth(auth, () => new Response("fine"), { throwResponses: true })
    expect(await (await handler(new Request("http://localhost/"))).text()).toBe("fine")
  })
})
