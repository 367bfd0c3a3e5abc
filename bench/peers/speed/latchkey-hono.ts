/** latchkey on Hono. */
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { honoAuth } from "../../../dist/adapters/http/hono.js"
import { answer, auth } from "../../servers/latchkey-work.ts"
import { targetOf } from "../../servers/listen.ts"

const app = new Hono().use(honoAuth(auth)).get("*", async (c) => {
  const body = await answer(targetOf(c.req.url), c.get("auth"))
  return c.body(body, 200, { "content-type": "application/json" })
})
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => console.log(`listening on ${port}`))
