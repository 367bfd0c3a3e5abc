/** WebSockets on Effect's server: the Origin and the user are checked before the upgrade, and a logout ends them. */
import { once } from "node:events"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { expect, it } from "vitest"
import { WebSocket } from "ws"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { effectAuth, type Provided, requestHead } from "../../../../src/adapters/http/effect-http.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { serve } from "./server.ts"

it("a WebSocket opens for a page of this site and a user, and ends with the logout", async () => {
  const { sessions, users } = memory()
  const auth = createAuth({
    secretKey: "effect-sockets-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0",
    sessions,
    backends: { model: modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    allowedHosts: ["127.0.0.1"]
  })
  const alice = (await auth.createUser({ username: "alice", password: "alice's" })) ?? expect.fail("no user")
  const { RequestAuth, withAuth } = effectAuth(auth, { csrfExempt: true })
  const page = (path: "/login" | "/logout") =>
    HttpRouter.add(
      "POST",
      path,
      Effect.flatMap(RequestAuth, ({ login, logout }) =>
        Effect.as(path === "/login" ? login(alice) : logout, HttpServerResponse.empty())
      )
    )
  const live = HttpRouter.add(
    "GET",
    "/live",
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const head = requestHead(request)
      const { getUser, verifyOrigin } = auth.reader(head)
      const isOwnPage = yield* Effect.isSuccess(Effect.try({ try: verifyOrigin, catch: (error) => error }))
      if (!isOwnPage) return HttpServerResponse.empty({ status: 403 })
      const user = yield* Effect.promise(getUser)
      if (user === undefined) return HttpServerResponse.empty({ status: 401 })
      const socket = yield* request.upgrade
      const { pull } = yield* socket.reader
      const { write } = yield* socket.writer
      yield* write(`hello ${user.username}`)
      const ended = Effect.callback<string>((resume) => {
        const stop = auth.onSessionEnd(head, (why) => resume(Effect.succeed(why)))
        return Effect.sync(stop)
      })
      const why = yield* Effect.race(ended, Effect.forever(pull))
      yield* write(new Socket.CloseEvent(4401, why))
      return HttpServerResponse.empty()
    })
  )
  const pages = Layer.mergeAll(page("/login"), page("/logout")).pipe(
    Layer.provide(HttpRouter.middleware<Provided>()(withAuth).layer)
  )
  const { close, url } = await serve(Layer.mergeAll(pages, live))
  try {
    const open = (headers: Record<string, string>) => new WebSocket(`${url.replace("http", "ws")}/live`, { headers })
    const refused = async (socket: WebSocket) => String((await once(socket, "error"))[0].message)
    const response = await fetch(`${url}/login`, { method: "POST" })
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ")
    expect(await refused(open({ cookie, origin: "https://evil.example" }))).toContain("403")
    expect(await refused(open({ cookie }))).toContain("403")
    expect(await refused(open({ origin: url }))).toContain("401")
    const socket = open({ cookie, origin: url })
    expect(String((await once(socket, "message"))[0])).toBe("hello alice")
    const closed = once(socket, "close")
    await fetch(`${url}/logout`, { method: "POST", headers: { cookie } })
    const [code, why] = await closed
    expect([code, String(why)]).toEqual([4401, "ended"])
  } finally {
    await close()
  }
})
