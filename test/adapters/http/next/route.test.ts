import { describe, expect, it } from "vitest"
import { type Route, withAuth } from "../../../../src/adapters/http/next/handlers/route.ts"
import { application } from "../../request/site.ts"
import type { ContractContext } from "../contract.ts"
import { dynamicUsage, notFound, redirect, thrownBy } from "./thrown.ts"

const { auth, stores } = await application()
const route = { params: Promise.resolve({}) }
const get = (init: RequestInit = {}) => new Request("http://localhost/", init)

const afterWriting = (then: () => Response | never, init: RequestInit = {}): Promise<Response> =>
  withAuth(
    auth,
    async (_request, { session }) => {
      await session.set("a", 1)
      return then()
    },
    { csrfExempt: true }
  )(get(init), route)

/** Whether a response sets the key of a session that is stored. */
const bringsSession = ({ headers }: Response): boolean => {
  const [line = ""] = headers.getSetCookie()
  const [, key = ""] = /^sessionid=([a-z0-9]{32});/.exec(line) ?? []
  return Array.from(stores.sessions.rows.keys(), String).includes(key)
}

describe("a route handler", () => {
  it("does not make the authentication when next build prerenders it: Next throws when it reads a header", async () => {
    const interrupted = new Error("Next ends the prerendering here")
    const request = Object.defineProperty(get(), "headers", {
      get: () => {
        throw interrupted
      }
    })
    const handler = withAuth(
      () => expect.unreachable("there is no environment while an application is built"),
      async () => new Response()
    )
    await expect(handler(request, route)).rejects.toBe(interrupted)
  })

  it("accepts a function that returns the authentication, and calls it only when a request arrives", async () => {
    let calls = 0
    const handler = withAuth(
      () => {
        calls += 1
        return auth
      },
      async (_request, { getUser }) => Response.json((await getUser()) ?? null)
    )
    expect(calls).toBe(0)
    expect(await (await handler(get(), route)).json()).toBe(null)
    expect(calls).toBe(1)
  })

  it("gets its route's parameters", async () => {
    const handler = withAuth(auth, async (_request, _context, { params }: Route<{ readonly id: string }>) =>
      Response.json((await params).id)
    )
    expect(await (await handler(get(), { params: Promise.resolve({ id: "7" }) })).json()).toBe("7")
  })

  it("that takes Next's own request class gets an object of that class", async () => {
    class NextRequest extends Request {
      readonly nextUrl = new URL(this.url)
    }
    const handler = withAuth(auth, (request: NextRequest) => new Response(request.nextUrl.pathname))
    expect(await (await handler(new NextRequest("http://localhost/a"), route)).text()).toBe("/a")
  })

  it("does not trust https in the URL, because Next takes it from a header that any client can send", async () => {
    const handler = withAuth(auth, (_request, { isSecure }) => Response.json(isSecure()))
    const request = new Request("https://localhost/", { headers: { "x-forwarded-proto": "https" } })
    expect(await (await handler(request, route)).json()).toBe(false)
  })

  it("takes the scheme from the header that the settings name", async () => {
    const trusting = await application({ secureProxyHeader: ["X-Forwarded-Proto", "https"] })
    const handler = withAuth(trusting.auth, (_request, { isSecure }) => Response.json(isSecure()))
    const request = new Request("http://localhost/", { headers: { "x-forwarded-proto": "https" } })
    expect(await (await handler(request, route)).json()).toBe(true)
  })

  it.each([303, 307, 308])("that redirects with %i has answered: the session is stored", async (status) => {
    const response = await afterWriting(() => redirect("/a;b?c=d", status))
    expect([response.status, response.headers.get("location"), bringsSession(response)]).toEqual([
      status,
      "/a;b?c=d",
      true
    ])
    expect([response.body, response.headers.get("vary")]).toEqual([null, "Cookie"])
  })

  it.each([
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x"
  ])("that redirects after a form (%s) does so with 303, as Next does", async (type) => {
    const response = await afterWriting(() => redirect("/a"), { method: "POST", headers: { "content-type": type } })
    expect([response.status, bringsSession(response)]).toEqual([303, true])
  })

  it("that redirects after reading JSON does so with 307, as Next does", async () => {
    const headers = { "content-type": "application/json" }
    expect((await afterWriting(() => redirect("/a"), { method: "POST", headers })).status).toBe(307)
  })

  it.each([401, 403, 404])("that throws the status %i has answered: the session is stored", async (status) => {
    const response = await afterWriting(() => notFound(status))
    expect([response.status, response.body, bringsSession(response)]).toEqual([status, null, true])
  })

  it("passes on Next's internal signals, and stores nothing", async () => {
    const before = stores.sessions.rows.size
    const error = await thrownBy(() => dynamicUsage())
    expect(
      await thrownBy(() =>
        afterWriting(() => {
          throw error
        })
      )
    ).toBe(error)
    expect(stores.sessions.rows.size).toBe(before)
  })

  it("that redirects to an invalid location is reported as a bug", async () => {
    const reported: Array<unknown> = []
    const response = await withAuth(auth, () => redirect("/\u{1f36a}"), {
      report: (error) => void reported.push(error)
    })(get(), route)
    expect([response.status, reported]).toEqual([500, [expect.any(TypeError)]])
  })

  it("has the same context as handlers of other adapters", () => {
    withAuth(auth, (_request, context) => {
      const same: ContractContext = context
      return Response.json(same.isSecure())
    })
    // @ts-expect-error a handler must answer
    withAuth(auth, () => "text")
  })
})
