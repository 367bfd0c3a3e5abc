/** A handler whose request passes through `withAuth` twice: around the application, and around one route. */
import { beforeEach, expect, it } from "vitest"
import { type FetchAuthOptions, withAuth } from "../../../../src/adapters/http/fetch.ts"
import { application } from "../../request/site.ts"
import { faultyMemory } from "../contract/faults.ts"

const stores = faultyMemory()
const { auth } = await application({ sessions: stores.sessions, allowedHosts: ["*"] })
const { auth: other } = await application({ allowedHosts: ["*"], sessionCookie: { name: "other" } })

beforeEach(() => stores.heal())

const get = () => new Request("http://localhost/page")
const namesIn = (response: Response) => response.headers.getSetCookie().map((line) => line.split("=", 1)[0])

/** A `withAuth` around an application whose framework answers a thrown value with a 404. */
const around = (inner: (request: Request) => Promise<Response>) =>
  withAuth(auth, async (request, { session }) => {
    await session.set("outer", 1)
    return inner(request).catch(() => new Response("the framework's", { status: 404 }))
  })

const inside = (options: FetchAuthOptions = {}, error?: unknown) =>
  withAuth(
    auth,
    async (_request, { session }) => {
      await session.set("inner", 2)
      if (error !== undefined) throw error
      return Response.json(await session.keys())
    },
    options
  )

it("loads and writes one session, and sends one cookie", async () => {
  const response = await around(inside())(get())
  expect([await response.json(), namesIn(response), stores.commits()]).toEqual([["outer", "inner"], ["sessionid"], 1])
})

it("passes an error of the inner one to the framework, with or without cookies", async () => {
  for (const error of [new Error("a bug"), { status: 303, location: "/" }]) {
    const response = await around(inside({}, error))(get())
    expect([response.status, await response.text(), namesIn(response)]).toEqual([404, "the framework's", ["sessionid"]])
  }
})

it("recognises a copy of the request, as React Router makes for each loader", async () => {
  const response = await around((request) => inside()(new Request(request)))(get())
  expect([await response.json(), namesIn(response), stores.commits()]).toEqual([["outer", "inner"], ["sessionid"], 1])
})

it("the inner one may be stricter", async () => {
  const response = await around(inside({ loginRequired: true }))(get())
  expect([response.status, response.headers.get("location")]).toEqual([302, "/accounts/login/?next=/page"])
})

it("does not confuse it with two handlers that get one request at the same time", async () => {
  const request = get()
  const responses = await Promise.all([inside()(request), inside()(request)])
  expect(responses.map(namesIn)).toEqual([["sessionid"], ["sessionid"]])
  expect(stores.commits()).toBe(2)
  expect(namesIn(await inside()(request))).toEqual(["sessionid"])
})

it("does not confuse it with a request that the handler makes itself, or with another application", async () => {
  for (const another of [
    new Request("http://localhost/elsewhere"),
    new Request("http://localhost/", { headers: { "user-agent": "this site" } }),
    new Request("http://localhost/page", { method: "DELETE" }),
    new Request("http://localhost/page", { headers: { cookie: "theme=dark" } })
  ]) {
    const response = await around(() => inside({ csrfExempt: true })(another))(get())
    expect([await response.json(), namesIn(response)]).toEqual([["inner"], ["sessionid", "sessionid"]])
  }
  const both = withAuth(other, async (_request, { session }) => {
    await session.set("a", 1)
    return new Response()
  })
  expect(namesIn(await around(both)(get())).sort()).toEqual(["other", "sessionid"])
})
