import { Readable } from "node:stream"
import Fastify, { type FastifyRequest } from "fastify"
import { authErrors, connectAuth, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/interpreter/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { askedFor, headersOf } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

const authOf = ({ raw }: FastifyRequest) => (raw as typeof raw & WithAuth<MemoryUser, AnyFields>).auth

httpAdapterContract({
  name: "connectAuth and authErrors in Fastify",
  serve: async (auth, handler, options) => {
    const app = Fastify({ forceCloseConnections: true })
    const attach = connectAuth(auth, options)
    app.addHook("onRequest", (request, reply, done) => attach(request.raw, reply.raw, done))
    app.setErrorHandler((error, request, reply) => {
      authErrors(error, request.raw, reply.raw, () => reply.send(error))
    })
    // The contract's handlers read the body themselves.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser("*", (_request, _payload, done) => done(null))
    app.all("*", async (request, reply) => {
      const answer = await handler(authOf(request), askedFor(request.raw))
      reply.code(answer.status ?? 200)
      for (const [name, values] of headersOf(answer)) reply.header(name, values.length === 1 ? values[0] : [...values])
      return reply.send(typeof answer.body === "object" ? Readable.from(answer.body) : answer.body)
    })
    return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: () => app.close() }
  },
  without: {
    bugs: "Fastify answers them, by the application's own error handler",
    goneStreams: "Fastify drops the stream without a word to the response"
  }
})
