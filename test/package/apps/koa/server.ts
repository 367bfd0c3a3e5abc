/** A site on Koa, written as users write it. */
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import Koa from "koa"
import { koaAuth } from "latchkey/koa"
import { auth } from "./auth.ts"

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
