/** A site on Hono with its server for Node, written as users write it. */
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { cors } from "hono/cors"
import { HTTPException } from "hono/http-exception"
import { withAuth } from "latchkey/fetch"
import { honoAuth } from "latchkey/hono"
import { auth } from "./auth.ts"
import { hear, pagesOf } from "./pages.ts"

const pages = pagesOf({
  redirect: () => {
    throw new HTTPException(303, { res: new Response(null, { headers: { location: "/elsewhere" } }) })
  },
  refuse: () => {
    throw new HTTPException(418, { message: "refused" })
  }
})

const app = new Hono()
app.onError((error, c) => {
  if (error instanceof HTTPException) return error.getResponse()
  hear(error)
  return c.text("Hono's own words", 500)
})

/** Each page alone, without the middleware. */
for (const [name, page] of Object.entries(pages)) {
  const [method = "", path] = name.split(" ")
  const handler = withAuth(auth, page)
  app.on(method, `/alone${path}`, (c) => handler(c.req.raw))
}

const site = app.use(cors({ origin: "https://app.example", credentials: true })).use(honoAuth(auth))
for (const [name, page] of Object.entries(pages)) {
  const [method = "", path = ""] = name.split(" ")
  site.on(method, path, (c) => page(c.req.raw, c.var.auth))
}

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`)
})
