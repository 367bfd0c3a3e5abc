import express, { type Request } from "express"
import { authErrors, connectAuth, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { askedFor, listen, send } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

const authOf = (req: Request) => (req as Request & WithAuth<MemoryUser, AnyFields>).auth

httpAdapterContract({
  name: "connectAuth and authErrors in Express",
  serve: (auth, handler, options) => {
    const app = express()
    // Express prints errors unless its environment is "test".
    app.set("env", "test")
    app.disable("x-powered-by")
    app.use(connectAuth(auth, options))
    app.use(async (req, res) => send(res, await handler(authOf(req), askedFor(req))))
    app.use(authErrors)
    return listen(app)
  },
  without: { bugs: "Express answers them, by the application's own error handlers" }
})
