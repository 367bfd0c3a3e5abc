import { nodeAuth } from "../../../../src/adapters/http/node.ts"
import { type Http2Listener, listenHttp2 } from "../../../rig/http2-gateway.ts"
import { askedFor, send } from "../contract/node-server.ts"
import { httpAdapterContract } from "../contract.ts"

httpAdapterContract({
  name: "nodeAuth on HTTP/2",
  serve: (auth, handler, options) => {
    const listener: Http2Listener = nodeAuth(
      auth,
      async (req, res, context) => send(res, await handler(context, askedFor(req))),
      options
    )
    return listenHttp2(listener)
  }
})
