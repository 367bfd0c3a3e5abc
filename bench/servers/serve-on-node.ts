import { createServer } from "node:http"
import { nodeAuth } from "latchkey/node"
import { answer, type authWith } from "./latchkey-work.ts"
import { listen } from "./listen.ts"

/** Serves the pages on Node's http server. */
export const serveOnNode = (auth: ReturnType<typeof authWith>): void =>
  listen(
    createServer(
      nodeAuth(auth, async (req, res, context) => {
        const body = await answer(req.url ?? "/", context)
        res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
        res.end(body)
      })
    )
  )
