/** Serves the `handler` of a module that the docs show. usage: serve.mjs MODULE */
import { serve } from "@hono/node-server"

const { handler } = await import(process.argv[2])
serve({ fetch: handler, port: 3000 })
