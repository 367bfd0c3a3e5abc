import { nodeAuth } from "../../../../src/adapters/http/node.ts"
import { askedFor, listen, send } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

httpAdapterContract({
  name: "nodeAuth",
  serve: (auth, handler, options) =>
    listen(nodeAuth(auth, async (req, res, context) => send(res, await handler(context, askedFor(req))), options))
})
