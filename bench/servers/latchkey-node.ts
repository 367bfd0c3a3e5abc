/** latchkey on Node's http server. */
import { createServer } from "node:http"
import { nodeAuth } from "latchkey/node"
import { answer, auth } from "./latchkey-work.ts"
import { listen } from "./listen.ts"

listen(
  createServer(
    nodeAuth(auth, async (req, res, context) => {
      const body = await answer(req.url ?? "/", context)
      res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
      res.end(body)
    })
  )
)
