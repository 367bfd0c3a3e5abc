import { Readable } from "node:stream"
import Koa from "koa"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { listenHttp2 } from "../../../rig/http2-gateway.ts"
import type { ContractAuth, ContractOptions, Handler } from "../contract/adapter.ts"
import { askedFor, headersOf, listen } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

const callback = (auth: ContractAuth, handler: Handler, options: ContractOptions) => {
  const app = new Koa().use(koaAuth(auth, options))
  // Koa prints errors unless the application has an "error" listener or is silent.
  app.silent = true
  app.use(async (ctx) => {
    const reply = await handler(ctx.auth, askedFor(ctx.req))
    const { body = "", status = 200 } = reply
    ctx.status = status
    for (const [name, values] of headersOf(reply)) ctx.set(name, [...values])
    ctx.body = typeof body === "string" ? body : Readable.from(body)
  })
  return app.callback()
}

const without = { bugs: "Koa answers them, and tells those who listen for its event error" }

httpAdapterContract({
  name: "koaAuth",
  serve: (auth, handler, options) => listen(callback(auth, handler, options)),
  without
})

httpAdapterContract({
  name: "koaAuth on HTTP/2",
  serve: (auth, handler, options) => listenHttp2(callback(auth, handler, options)),
  without
})
