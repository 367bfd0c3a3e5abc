import { Readable } from "node:stream"
import Fastify, { type FastifyInstance, type RawServerBase } from "fastify"
import { authErrors, connectAuth, type NodeRequest, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { gatewayTo } from "../../../rig/http2-gateway.ts"
import type { ContractAuth, ContractOptions, Handler } from "../contract/adapter.ts"
import { askedFor, headersOf } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

const authOf = (raw: NodeRequest) => (raw as typeof raw & WithAuth<MemoryUser, AnyFields>).auth

const listen = async <Server extends RawServerBase>(
  app: FastifyInstance<Server>,
  auth: ContractAuth,
  handler: Handler,
  options: ContractOptions
): Promise<string> => {
  const attach = connectAuth(auth, options)
  app.addHook("onRequest", (request, reply, done) => attach(request.raw, reply.raw, done))
  app.setErrorHandler((error, request, reply) => {
    authErrors(error, request.raw, reply.raw, () => reply.send(error))
  })
  // The contract's handlers read the body themselves.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser("*", (_request, _payload, done) => done(null))
  app.all("*", async (request, reply) => {
    const answer = await handler(authOf(request.raw), askedFor(request.raw))
    reply.code(answer.status ?? 200)
    for (const [name, values] of headersOf(answer)) reply.header(name, values.length === 1 ? values[0] : [...values])
    return reply.send(typeof answer.body === "object" ? Readable.from(answer.body) : answer.body)
  })
  return app.listen({ host: "127.0.0.1", port: 0 })
}

const without = {
  bugs: "Fastify answers them, by the application's own error handler",
  goneStreams: "Fastify drops the stream without a word to the response"
}

httpAdapterContract({
  name: "connectAuth and authErrors in Fastify",
  serve: async (auth, handler, options) => {
    const app = Fastify({ forceCloseConnections: true })
    return { url: await listen(app, auth, handler, options), close: () => app.close() }
  },
  without
})

httpAdapterContract({
  name: "connectAuth and authErrors in Fastify on HTTP/2",
  serve: async (auth, handler, options) => {
    const app = Fastify({ http2: true })
    return gatewayTo(await listen(app, auth, handler, options), () => app.close())
  },
  without: { ...without, brokenStreams: "Fastify closes the stream without an error code, as if it were whole" }
})
