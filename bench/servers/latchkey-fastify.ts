/** latchkey on Fastify. */
import Fastify from "fastify"
import type { FieldsOf, UserOf } from "latchkey"
import { connectAuth, type WithAuth } from "latchkey/node"
import { answer, auth } from "./latchkey-work.ts"
import { listenFastify } from "./listen-fastify.ts"

type Attached = WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>>

const app = Fastify()
const attach = connectAuth(auth)
app.addHook("onRequest", (request, reply, done) => attach(request.raw, reply.raw, done))
app.get("/*", async (request, reply) =>
  reply.type("application/json").send(await answer(request.url, (request.raw as typeof request.raw & Attached).auth))
)
await listenFastify(app)
