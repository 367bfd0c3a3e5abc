import { once } from "node:events"
import { createServer } from "node:http"
import { afterEach, describe, expect, it, vi } from "vitest"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import { Busy, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { type FetchAuthOptions, withAuth } from "../../../../src/adapters/http/fetch.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { application, logIn } from "../../request/site.ts"
import { faultyMemory, outage } from "../contract/faults.ts"

type Context = AuthContext<MemoryUser, AnyFields>

const stores = faultyMemory()
const { auth } = await application({ sessions: stores.sessions, saveEveryRequest: false })

const told: Array<unknown> = []
const options: FetchAuthOptions = { report: (error) => void told.push(error) }

afterEach(() => {
  stores.heal()
  expect(told.splice(0), "reported").toEqual([])
})

const get = (path = "/", init: RequestInit = {}) => new Request(`http://localhost${path}`, init)

/** Runs a handler that writes the session and then answers with this. */
const afterWriting = (response: Response): Promise<Response> =>
  withAuth(
    auth,
    async (_request, { session }) => {
      await session.set("a", 1)
      return response
    },
    options
  )(get())

/** The same, with a handler that only reads the session. */
const afterReading = (response: Response): Promise<Response> =>
  withAuth(
    auth,
    async (_request, { getUser }) => {
      await getUser()
      return response
    },
    options
  )(get())

const keyIn = (response: Response): string | undefined =>
  response.headers
    .getSetCookie()
    .map((cookie) => /^sessionid=([a-z0-9]{32});/.exec(cookie)?.[1])
    .find((key) => key !== undefined)

const isStored = (key: string | undefined): boolean =>
  Array.from(stores.sessions.rows.keys(), String).includes(String(key))

/** A body that records how often it was asked for more, and whether it was cancelled. */
const watched = () => {
  const seen = { pulled: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        seen.pulled += 1
        controller.enqueue(new TextEncoder().encode(`piece ${seen.pulled};`))
        if (seen.pulled === 2) controller.close()
      },
      cancel: () => {
        seen.cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  return { body, seen }
}

describe("withAuth", () => {
  it("passes on the framework's further arguments", async () => {
    const handler = withAuth(auth, (request: Request, context: Context, name: string, times: number) =>
      Response.json([request.url, context.session.key() ?? null, name.repeat(times)])
    )
    expect(await (await handler(get("/a?b=1"), "x", 3)).json()).toEqual(["http://localhost/a?b=1", null, "xxx"])
  })

  it("accepts a request of a framework's own class", async () => {
    class OwnRequest extends Request {
      readonly mine = "mine"
    }
    const handler = withAuth(auth, (request: OwnRequest) => new Response(request.mine), {
      csrfExempt: (request) => request.mine === "mine"
    })
    expect(await (await handler(new OwnRequest("http://localhost/", { method: "POST" }))).text()).toBe("mine")
  })

  it("returns the same response when there is nothing to add", async () => {
    const response = new Response("text")
    expect(await withAuth(auth, () => response)(get())).toBe(response)
  })

  it("treats a thrown Response as the answer", async () => {
    const response = await withAuth(
      auth,
      async (_request, { session }) => {
        await session.set("a", 1)
        throw new Response("not here", { status: 404 })
      },
      options
    )(get())
    expect([response.status, await response.text(), isStored(keyIn(response))]).toEqual([404, "not here", true])
  })

  it("stores nothing when the thrown Response has status 500", async () => {
    const before = stores.sessions.rows.size
    const response = await withAuth(
      auth,
      async (_request, { session }) => {
        await session.set("a", 1)
        throw new Response("oh", { status: 500 })
      },
      options
    )(get())
    expect([response.status, response.headers.getSetCookie(), stores.sessions.rows.size]).toEqual([500, [], before])
  })

  it.each([undefined, null, "text", { status: 200 }])("throws when a handler returns %j", async (returned) => {
    // Only code without TypeScript can return such a value.
    const handler = withAuth(auth, (): Response => JSON.parse(JSON.stringify({ returned })).returned, options)
    await expect(handler(get())).rejects.toThrow(/the handler returned .*; it must return a Response/)
    expect(told.splice(0)).toEqual([])
  })

  it("accepts a Response of another JavaScript realm", async () => {
    const foreign = Object.assign(Object.create({ [Symbol.toStringTag]: "Response" }), {
      status: 203,
      statusText: "",
      type: "default",
      headers: new Headers({ "x-mine": "1" }),
      body: null
    })
    const response = await afterWriting(foreign)
    expect([response.status, response.headers.get("x-mine"), isStored(keyIn(response))]).toEqual([203, "1", true])
  })

  it("commits when the client has disconnected, and does not report the abort", async () => {
    const client = new AbortController()
    const handler = withAuth(
      auth,
      async (request, { session }) => {
        await session.set("a", 1)
        client.abort()
        return new Response(String(request.signal.aborted))
      },
      options
    )
    const response = await handler(get("/", { signal: client.signal }))
    expect([await response.text(), isStored(keyIn(response))]).toEqual(["true", true])

    const aborted = withAuth(auth, (request) => request.signal.throwIfAborted() ?? new Response(), options)
    expect((await aborted(get("/", { signal: client.signal }))).status).toBe(500)
  })

  it("answers with a plain 500 when the application's own answer is not a Response", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {})
    const response = await withAuth(
      auth,
      () => {
        throw new Busy({ retryAfterSeconds: 1 })
      },
      { ...options, onError: () => ({ status: 99, headers: {}, body: "" }) }
    )(get())
    expect([response.status, error.mock.calls.length]).toEqual([500, 1])
    error.mockRestore()
  })
})

describe("a response", () => {
  it("that many clients share never gets a cookie", async () => {
    const shared = new Response(null, { status: 204 })
    const [one, other] = [await afterWriting(shared), await afterWriting(shared)]
    expect([isStored(keyIn(one)), isStored(keyIn(other)), keyIn(one) === keyIn(other)]).toEqual([true, true, false])
    expect([shared.headers.getSetCookie(), one.headers.getSetCookie().length]).toEqual([[], 1])
  })

  it("keeps its status, its headers, its own cookies and its body", async () => {
    const headers = new Headers({ "x-mine": "1", "content-type": "text/x-mine", vary: "Accept-Encoding" })
    headers.append("set-cookie", "one=1; Path=/")
    headers.append("set-cookie", "two=2, 3")
    const response = await afterWriting(new Response("é漢", { status: 207, statusText: "Mine", headers }))
    expect([response.status, response.statusText, await response.text()]).toEqual([207, "Mine", "é漢"])
    expect(response.headers.getSetCookie()).toEqual([
      "one=1; Path=/",
      "two=2, 3",
      expect.stringMatching(/^sessionid=[a-z0-9]{32}; expires=/)
    ])
    expect([response.headers.get("x-mine"), response.headers.get("content-type")]).toEqual(["1", "text/x-mine"])
    expect(response.headers.get("vary")).toBe("Accept-Encoding, Cookie")
  })

  it.each([
    [undefined, "Cookie"],
    ["Accept", "Accept, Cookie"],
    ["cookie", "cookie"],
    ["*", "*"]
  ])("that varies on %j varies on %j once a session was read", async (before, after) => {
    const response = new Response(null, before === undefined ? {} : { headers: { vary: before } })
    expect((await afterReading(response)).headers.get("vary")).toBe(after)
  })

  it("whose headers are immutable is copied: a redirect", async () => {
    const [read, written] = [
      await afterReading(Response.redirect("http://localhost/x", 303)),
      await afterWriting(Response.redirect("http://localhost/x", 303))
    ]
    for (const response of [read, written])
      expect([response.status, response.headers.get("location"), response.headers.get("vary")]).toEqual([
        303,
        "http://localhost/x",
        "Cookie"
      ])
    expect([keyIn(read), isStored(keyIn(written))]).toEqual([undefined, true])
  })

  it("whose headers are immutable is copied: the result of fetch", async () => {
    const upstream = createServer((_req, res) => res.setHeader("x-upstream", "1").end("from upstream"))
    upstream.listen(0, "127.0.0.1")
    await once(upstream, "listening")
    const address = upstream.address()
    const port = typeof address === "object" ? address?.port : undefined
    for (const through of [afterReading, afterWriting]) {
      const response = await through(await fetch(`http://127.0.0.1:${port}/`))
      expect([response.headers.get("x-upstream"), response.headers.get("vary")]).toEqual(["1", "Cookie"])
      expect([await response.text(), isStored(keyIn(response))]).toEqual(["from upstream", through === afterWriting])
    }
    upstream.close()
  })

  it.each([204, 205, 304])("of status %i, which has no body, gets cookies", async (status) => {
    const response = await afterWriting(new Response(null, { status }))
    expect([response.status, response.body, isStored(keyIn(response))]).toEqual([status, null, true])
  })

  it("made by Response.error() gets no headers, and nothing is stored", async () => {
    const before = stores.sessions.rows.size
    const error = Response.error()
    expect([(await afterWriting(error)) === error, (await afterReading(error)) === error]).toEqual([true, true])
    expect(stores.sessions.rows.size).toBe(before)
  })

  it("that upgrades the connection is returned unchanged", async () => {
    // Only a runtime can create such a Response.
    const upgrade = Object.defineProperty(new Response(null), "status", { value: 101 })
    expect([(await afterReading(upgrade)) === upgrade, upgrade.headers.get("vary")]).toEqual([true, null])
    expect([(await afterWriting(upgrade)) === upgrade, isStored(keyIn(upgrade))]).toEqual([true, true])
  })

  it("is not read: no chunk of its stream was requested when it is returned", async () => {
    for (const through of [afterReading, afterWriting]) {
      const { body, seen } = watched()
      const response = await through(new Response(body))
      expect(seen).toEqual({ pulled: 0, cancelled: false })
      expect([await response.text(), seen.pulled]).toEqual(["piece 1;piece 2;", 2])
    }
  })

  it("that is replaced by a 503 has its stream cancelled", async () => {
    stores.beforeCommit = outage
    const { body, seen } = watched()
    const response = await afterWriting(new Response(body))
    expect([response.status, seen, response.headers.getSetCookie()]).toEqual([503, { pulled: 0, cancelled: true }, []])
    expect(told.splice(0)).toEqual([expect.any(StoreUnavailable)])
  })

  it("to a login has Vary: Cookie", async () => {
    const response = await withAuth(
      auth,
      async (_request, context) => {
        await logIn()(context)
        return new Response()
      },
      { ...options, csrfExempt: true }
    )(get("/", { method: "POST" }))
    expect([response.headers.get("vary"), response.headers.getSetCookie().length]).toEqual(["Cookie", 2])
  })
})
