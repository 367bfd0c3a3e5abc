import { Readable } from "node:stream"
import Koa from "koa"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { askedFor, headersOf, listen } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

httpAdapterContract({
  name: "koaAuth",
  serve: (auth, handler, options) => {
    const app = new Koa().use(koaAuth(auth, options))
    // Koa prints errors unless somebody listens, or it is told to be silent.
    app.silent = true
    app.use(async (ctx) => {
      const reply = await handler(ctx.auth, askedFor(ctx.req))
      const { body = "", status = 200 } = reply
      ctx.status = status
      for (const [name, values] of headersOf(reply)) ctx.set(name, [...values])
      ctx.body = typeof body === "string" ? body : Readable.from(body)
    })
    return listen(app.callback())
  },
  without: { bugs: "Koa answers them, and tells those who listen for its event error" }
})
