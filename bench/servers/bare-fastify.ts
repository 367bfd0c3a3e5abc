/** The baseline on Fastify. */
import Fastify from "fastify"
import { answer } from "./bare-work.ts"
import { listenFastify } from "./listen-fastify.ts"

const app = Fastify()
if (process.env["EMPTY_MIDDLEWARE"] === "1") app.addHook("onRequest", (_request, _reply, done) => done())
app.get("/*", async (request, reply) => {
  const { body, cookie } = await answer(request.url, request.headers.cookie)
  if (cookie !== undefined) reply.header("set-cookie", cookie)
  return reply.type("application/json").send(body)
})
await listenFastify(app)
