/** Features that only Effect has: routers, APIs, spans, interruption. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiError from "effect/http-api/HttpApiError"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { effectAuth, type Provided } from "../../../../src/adapters/http/effect-http.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { faultyMemory, outage } from "../contract/faults.ts"
import { serve } from "./server.ts"

const stores = faultyMemory()
const auth = createAuth({
  secretKey: "effect-http-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
  sessions: stores.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
  hashers: [pbkdf2Sha256({ iterations: 1 })],
  allowedHosts: ["*"]
})
const { CurrentUser, RequestAuth, requireUser, requireUserOr, withAuth } = effectAuth(auth, { csrfExempt: true })

const credentials = Schema.Struct({ username: Schema.String, password: Schema.String })

const login = HttpRouter.add(
  "POST",
  "/login",
  Effect.gen(function* () {
    const { authenticate, login } = yield* RequestAuth
    const user = yield* authenticate(yield* HttpServerRequest.schemaBodyJson(credentials))
    if (user === undefined) return HttpServerResponse.jsonUnsafe({ error: "invalid" }, { status: 401 })
    yield* login(user)
    return HttpServerResponse.jsonUnsafe({ user: user.username })
  })
)
const nameOfUser = Effect.map(CurrentUser, (user) => HttpServerResponse.text(user.username))
const members = HttpRouter.add("GET", "/members", requireUser(nameOfUser))
const api401 = HttpRouter.add(
  "GET",
  "/members.json",
  requireUserOr(Effect.succeed(HttpServerResponse.empty({ status: 401 })))(nameOfUser)
)
/** What the slow route waits for. */
let waited: Effect.Effect<void> = Effect.void
const slow = HttpRouter.add(
  "GET",
  "/slow",
  Effect.gen(function* () {
    const { session } = yield* RequestAuth
    yield* session.set("slow", 1)
    yield* waited
    return HttpServerResponse.text("done")
  })
)

const withAuthLayer = HttpRouter.middleware<Provided>()(withAuth).layer
const site = Layer.mergeAll(login, members, api401, slow).pipe(Layer.provide(withAuthLayer))

let served: Awaited<ReturnType<typeof serve>>
let cookie = ""
const start = async (...parameters: Parameters<typeof serve>): Promise<void> => {
  served = await serve(...parameters)
}
const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${served.url}${path}`, { redirect: "manual", headers: { cookie }, ...init })
const logIn = async (): Promise<void> => {
  const body = JSON.stringify({ username: "alice", password: "secret" })
  const response = await get("/login", { method: "POST", body, headers: { "content-type": "application/json" } })
  expect([response.status, await response.json()]).toEqual([200, { user: "alice" }])
  cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ")
}

beforeEach(async () => {
  cookie = ""
  await auth.createUser({ username: "alice", password: "secret" })
})
afterEach(async () => {
  stores.heal()
  await served?.close()
})

describe("routes of HttpRouter", () => {
  it("log a user in, and get the user afterwards", async () => {
    await start(site)
    await logIn()
    expect(await (await get("/members")).text()).toBe("alice")
  })

  it("redirect anonymous visitors to the login page, or to the URL that the route names", async () => {
    await start(site)
    const sent = await get("/members")
    expect([sent.status, sent.headers.get("location"), sent.headers.get("vary")]).toEqual([
      302,
      "/accounts/login/?next=/members",
      "Cookie"
    ])
    expect((await get("/members.json")).status).toBe(401)
  })

  it("store nothing when the handler was interrupted because its client disconnected", async () => {
    await start(site)
    await logIn()
    const rowsBefore = JSON.stringify([...stores.sessions.rows])
    const [reached, interrupted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    waited = Effect.andThen(Effect.sync(reached.resolve), Effect.never).pipe(
      Effect.onInterrupt(() => Effect.sync(interrupted.resolve))
    )
    const leaving = new AbortController()
    const left = expect(get("/slow", { signal: leaving.signal })).rejects.toThrow()
    await reached.promise
    leaving.abort()
    await left
    await interrupted.promise
    await sleep(50)
    waited = Effect.void
    expect(JSON.stringify([...stores.sessions.rows])).toBe(rowsBefore)
    await (await get("/slow")).text()
    expect(JSON.stringify([...stores.sessions.rows])).not.toBe(rowsBefore)
  })

  it("run operations in spans that name them and nothing else", async () => {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    await start(site, Layer.succeed(Tracer.Tracer, tracer))
    await logIn()
    const own = spans.filter(({ name }) => name.startsWith("latchkey."))
    expect(own.map(({ name }) => name)).toEqual(["latchkey.authenticate", "latchkey.login"])
    expect(own.flatMap(({ attributes }) => [...attributes])).toEqual([])
  })
})

describe("an HttpApi", () => {
  class Session extends HttpApiMiddleware.Service<Session, { provides: RequestAuthId }>()("Session") {}
  class Authentication extends HttpApiMiddleware.Service<
    Authentication,
    { provides: CurrentUserId; requires: RequestAuthId }
  >()("Authentication", { error: HttpApiError.Unauthorized }) {}
  type RequestAuthId = Provided["provides"]
  type CurrentUserId = Effect.Services<typeof nameOfUser>

  const api = HttpApi.make("api").add(
    HttpApiGroup.make("users")
      .add(HttpApiEndpoint.get("me", "/api/me", { success: Schema.Struct({ user: Schema.String }) }))
      .middleware(Authentication)
      .middleware(Session)
  )
  const users = HttpApiBuilder.group(api, "users", (handlers) =>
    handlers.handle("me", () => Effect.map(CurrentUser, ({ username }) => ({ user: username })))
  )
  const layer = HttpApiBuilder.layer(api).pipe(
    Layer.provide(users),
    Layer.provide(Layer.succeed(Session, withAuth)),
    Layer.provide(
      Layer.succeed(Authentication, (handler) =>
        Effect.catchTags(requireUserOr(Effect.fail(new HttpApiError.Unauthorized({})))(handler), {
          StoreUnavailable: Effect.die,
          BackendUnavailable: Effect.die,
          Busy: Effect.die
        })
      )
    )
  )

  it("gets the user, and answers anonymous visitors with the error that it declares", async () => {
    await start(Layer.merge(layer, site))
    expect((await get("/api/me")).status).toBe(401)
    await logIn()
    expect(await (await get("/api/me")).json()).toEqual({ user: "alice" })
  })

  it("answers an outage with 503, and never treats the user as anonymous", async () => {
    await start(Layer.merge(layer, site))
    await logIn()
    stores.beforeLoad = outage
    const reported = vi.spyOn(console, "error").mockReturnValue()
    const response = await get("/api/me")
    expect([response.status, await response.json(), response.headers.getSetCookie()]).toEqual([
      503,
      { error: "unavailable" },
      []
    ])
    expect(reported).toHaveBeenCalledOnce()
    reported.mockRestore()
  })
})
