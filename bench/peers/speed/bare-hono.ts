/** The baseline on Hono. */
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { answer } from "../../servers/bare-work.ts"
import { targetOf } from "../../servers/listen.ts"

const app = new Hono()
if (process.env["EMPTY_MIDDLEWARE"] === "1") app.use((_, next) => next())
app.get("*", async (c) => {
  const { body, cookie } = await answer(targetOf(c.req.url), c.req.header("cookie"))
  if (cookie !== undefined) c.header("set-cookie", cookie)
  return c.body(body, 200, { "content-type": "application/json" })
})
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => console.log(`listening on ${port}`))
