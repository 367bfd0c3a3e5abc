/** Fastify 5 through its raw request and response: behaviour that the contract does not cover. */
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { Busy } from "../../../../src/adapters/errors/errors.ts"
import { authErrors, connectAuth, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { application } from "../../request/site.ts"

const authOf = ({ raw }: FastifyRequest) => (raw as typeof raw & WithAuth<MemoryUser, AnyFields>).auth

describe("Fastify with connectAuth", () => {
  let app: FastifyInstance
  let url = ""
  /** The hooks that ran, and the warnings and errors that Fastify logged. */
  let seen: Array<string> = []

  beforeAll(async () => {
    const { auth } = await application({ allowedHosts: ["*"] })
    const log = { write: (line: string) => void seen.push(`logged ${JSON.parse(line).level}`) }
    app = Fastify({ logger: { level: "warn", stream: log }, forceCloseConnections: true })
    const attach = connectAuth(auth, { report: () => {} })
    app.addHook("onRequest", (request, reply, done) => attach(request.raw, reply.raw, done))
    app.setErrorHandler((error, request, reply) => {
      authErrors(error, request.raw, reply.raw, () => reply.send(error))
    })
    app.addHook("preHandler", async () => void seen.push("preHandler"))
    app.addHook("onResponse", async (_request, { statusCode }) => void seen.push(`onResponse ${statusCode}`))
    app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body))))
    )
    app.get("/token", (request) => authOf(request).getCsrfToken())
    app.post("/form", async (request) => {
      await authOf(request).verifyCsrf(request.body as object)
      return { verified: true }
    })
    app.post("/json", async (request) => ({ body: request.body }))
    app.register(async (writing) => {
      writing.addHook("preHandler", (request) => authOf(request).session.set("a", 1))
      writing.get("/object", async () => ({ ok: true }))
      writing.get("/redirect", async (_request, reply) => reply.redirect("/elsewhere"))
      writing.get("/raw", async (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(201).end("raw")
      })
      writing.get("/response", async () => new Response("text", { status: 202, headers: { "set-cookie": "mine=1" } }))
      writing.get("/twice", async (_request, reply) => {
        reply.send({ first: true })
        return reply.send({ first: false })
      })
      writing.get("/throws-after", async (_request, reply) => {
        reply.send({ first: true })
        throw new Error("a bug")
      })
      writing.get("/busy", async () => {
        throw new Busy({ retryAfterSeconds: 3 })
      })
    })
    url = await app.listen({ host: "127.0.0.1", port: 0 })
  })
  afterAll(() => app?.close())
  beforeEach(() => {
    seen = []
  })

  const get = (path: string) => fetch(url + path, { redirect: "manual" })
  const post = (path: string, cookie: string, headers: Record<string, string>, body: string) =>
    fetch(url + path, { method: "POST", headers: { cookie, ...headers }, body })
  const cookiesIn = ({ headers }: Response) => headers.getSetCookie().map((line) => line.split("=", 1)[0])
  const arrive = async () => {
    const page = await get("/token")
    return { token: await page.text(), cookie: page.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "" }
  }
  const form = { "content-type": "application/x-www-form-urlencoded" }

  it.each([
    ["/object", 200, '{"ok":true}', ["sessionid"]],
    ["/redirect", 302, "", ["sessionid"]],
    ["/raw", 201, "raw", ["sessionid"]],
    ["/response", 202, "text", ["mine", "sessionid"]]
  ] as const)("sends the cookie with %s, and Fastify notices nothing", async (path, status, body, cookies) => {
    const reply = await get(path)
    expect([reply.status, await reply.text(), cookiesIn(reply)]).toEqual([status, body, cookies])
    await expect.poll(() => seen).toEqual(["preHandler", `onResponse ${status}`])
  })

  it.each(["/twice", "/throws-after"])("sends the first answer of %s, and serves the next request", async (path) => {
    const reply = await get(path)
    expect([reply.status, await reply.json(), cookiesIn(reply)]).toEqual([200, { first: true }, ["sessionid"]])
    await expect.poll(() => seen).toContain("onResponse 200")
  })

  it("answers latchkey's own failures by authErrors, and the request counts as completed", async () => {
    const reply = await get("/busy")
    expect([reply.status, await reply.text(), reply.headers.get("retry-after"), cookiesIn(reply)]).toEqual([
      503,
      '{"error":"unavailable"}',
      "3",
      []
    ])
    await expect.poll(() => seen).toEqual(["preHandler", "onResponse 503"])
  })

  it("refuses a request before any later hook runs, and the request counts as completed", async () => {
    const reply = await post("/json", "", { "content-type": "application/json" }, "{}")
    expect(reply.status).toBe(403)
    await expect.poll(() => seen).toEqual(["onResponse 403"])
  })

  it("checks the token of a form that Fastify has parsed when the handler calls verifyCsrf", async () => {
    const { cookie, token } = await arrive()
    const good = await post("/form", cookie, form, `csrfmiddlewaretoken=${token}`)
    expect([good.status, await good.json()]).toEqual([200, { verified: true }])
    expect((await post("/form", cookie, form, "csrfmiddlewaretoken=wrong")).status).toBe(403)
  })

  it("does not read the body before Fastify does", async () => {
    const { cookie, token } = await arrive()
    const headers = { "content-type": "application/json", "x-csrftoken": token }
    expect(await (await post("/json", cookie, headers, '{"a":1}')).json()).toEqual({ body: { a: 1 } })
    expect((await post("/json", cookie, headers, '{"a":')).status).toBe(400)
  })

  it("serves injected requests", async () => {
    const { body, headers, statusCode } = await app.inject("/object")
    expect([statusCode, body, String(headers["set-cookie"])]).toEqual([
      200,
      '{"ok":true}',
      expect.stringMatching(/^sessionid=/)
    ])
  })
})
