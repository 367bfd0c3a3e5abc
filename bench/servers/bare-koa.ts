/** The baseline on Koa. */
import Koa from "koa"
import { answer } from "./bare-work.ts"
import { listen } from "./listen.ts"

listen(
  new Koa().use(async (ctx) => {
    const { body, cookie } = await answer(ctx.url, ctx.headers.cookie)
    if (cookie !== undefined) ctx.set("set-cookie", cookie)
    ctx.type = "application/json"
    ctx.body = body
  })
)
