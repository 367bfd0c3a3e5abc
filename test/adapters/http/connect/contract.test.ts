import connect from "connect"
import { authErrors, connectAuth, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { askedFor, listen, send } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

httpAdapterContract({
  name: "connectAuth and authErrors in Connect",
  serve: (auth, handler, options) => {
    const app = connect()
    app.use(connectAuth(auth, options))
    app.use((req, res, next) => {
      const { auth: context } = req as typeof req & WithAuth<MemoryUser, AnyFields>
      // Connect does not handle the promise that a handler returns.
      handler(context, askedFor(req))
        .then((reply) => send(res, reply))
        .catch(next)
    })
    app.use(authErrors)
    app.use((_error: unknown, _req: unknown, res: import("node:http").ServerResponse, _next: unknown) => {
      if (res.headersSent) res.destroy()
      else res.writeHead(500).end("the application's own words")
    })
    return listen(app)
  },
  without: { bugs: "Connect answers them, by the application's own error handlers" }
})
