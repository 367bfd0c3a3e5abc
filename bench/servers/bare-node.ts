/** The baseline: Node's http server and plain SQL. */
import { createServer } from "node:http"
import { answer } from "./bare-work.ts"
import { listen } from "./listen.ts"

listen(
  createServer(async (req, res) => {
    const { body, cookie } = await answer(req.url ?? "/", req.headers.cookie)
    if (cookie !== undefined) res.setHeader("set-cookie", cookie)
    res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    res.end(body)
  })
)
