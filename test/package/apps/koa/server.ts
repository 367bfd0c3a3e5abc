/** A site on Koa, as users write it. Whom it knows is forgotten with the process. */
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import * as Schema from "effect/Schema"
import Koa from "koa"
import { createAuth, modelBackend } from "latchkey"
import { koaAuth } from "latchkey/koa"
import { memory } from "latchkey/memory"

const stores = memory()

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"],
  sessions: stores.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
  sessionData: Schema.Struct({ visits: Schema.Number })
})
await auth.createUser({ username: "alice", password: "correct horse" })

export const app = new Koa<object>()
  .use(koaAuth(auth, { csrfExempt: (ctx) => ctx.path === "/login" }))
  .use(async (ctx) => {
    const { authenticate, login, session } = ctx.auth
    if (ctx.method === "POST") {
      const user = await authenticate(JSON.parse(await text(ctx.req)))
      if (user === undefined) return ctx.throw(401)
      await login(user)
      await session.set("visits", 0)
    }
    const user = await ctx.auth.getUser()
    const visits = await session.get("visits")
    if (visits !== undefined) await session.set("visits", visits + 1)
    ctx.body = { user: user?.username ?? null, visits: visits ?? null }
  })

const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  console.log(`listening on http://127.0.0.1:${port}`)
})
process.once("SIGTERM", () => server.close())
