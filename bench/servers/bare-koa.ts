/** The baseline on Koa. */
import Koa from "koa"
import { answer } from "./bare-work.ts"
import { listen } from "./listen.ts"

const app = new Koa()
if (process.env["EMPTY_MIDDLEWARE"] === "1") app.use((_, next) => next())
app.use(async (ctx) => {
  const { body, cookie } = await answer(ctx.url, ctx.headers.cookie)
  if (cookie !== undefined) ctx.set("set-cookie", cookie)
  ctx.type = "application/json"
  ctx.body = body
})
listen(app)
