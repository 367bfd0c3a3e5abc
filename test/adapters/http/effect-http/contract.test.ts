import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Context } from "../../../../src/adapters/api/per-request/context.ts"
import { effectAuth, type Provided } from "../../../../src/adapters/http/effect-http.ts"
import type { AskedFor, Reply } from "../contract/adapter.ts"
import { headersOf } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"
import { serve } from "./server.ts"

httpAdapterContract({
  name: "effectAuth",
  without: {
    bugs: "a defect is Effect's to report; it answers with an empty 500",
    onError: "a defect is Effect's to answer",
    cookieBytes: "Effect writes Set-Cookie lines itself, in an order of its own"
  },
  serve: (auth, handler, options) => {
    const { RequestAuth, withAuth } = effectAuth(auth, options)
    const route = HttpRouter.add(
      "*",
      "/*",
      Effect.gen(function* () {
        const context = new Context({ effects: yield* RequestAuth })
        const request = yield* HttpServerRequest.HttpServerRequest
        const services = yield* Effect.context<never>()
        return yield* Effect.promise(async () =>
          responseOf(
            await handler(context, {
              ...askedFor(request),
              text: () => Effect.runPromiseWith(services)(Effect.orDie(request.text))
            })
          )
        )
      }),
      // As in other frameworks: a handler runs to its end, even if its client has disconnected.
      { uninterruptible: true }
    )
    return serve(route.pipe(Layer.provide(HttpRouter.middleware<Provided>()(withAuth).layer)))
  }
})

const askedFor = (request: HttpServerRequest.HttpServerRequest): Omit<AskedFor, "text"> => ({
  method: request.method,
  url: request.url,
  header: (name) => request.headers[name.toLowerCase()]
})

const responseOf = (reply: Reply): HttpServerResponse.HttpServerResponse => {
  const { body = "", status = 200 } = reply
  const all = headersOf(reply)
  const cookies = Cookies.fromSetCookie(all.get("Set-Cookie") ?? [])
  const headers = Object.fromEntries(
    Array.from(all, ([name, values]) => [name, values.join(", ")]).filter(([name]) => name !== "Set-Cookie")
  )
  if (typeof body === "string") return HttpServerResponse.text(body, { status, headers, cookies })
  const stream = Stream.fromAsyncIterable(body, (error) => error)
  return HttpServerResponse.stream(Stream.encodeText(stream), { status, headers, cookies })
}
