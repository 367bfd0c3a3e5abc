/** latchkey on Koa. */
import Koa from "koa"
import { koaAuth } from "latchkey/koa"
import { answer, auth } from "./latchkey-work.ts"
import { listen } from "./listen.ts"

listen(
  new Koa().use(koaAuth(auth)).use(async (ctx) => {
    const body = await answer(ctx.url, ctx.auth)
    ctx.type = "application/json"
    ctx.body = body
  })
)
