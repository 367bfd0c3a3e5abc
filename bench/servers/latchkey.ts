/** The same two answers as the baseline, with latchkey. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createAuth, modelBackend } from "latchkey"
import { nodeAuth } from "latchkey/node"
import { postgres } from "latchkey/postgres"

const pg = postgres({ url: process.env["DATABASE_URL"] ?? "", max: 10 })
const auth = createAuth({
  secretKey: process.env["SECRET_KEY"],
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
})

const server = createServer(
  nodeAuth(auth, async (req, res, { getUser }) => {
    const body = req.url === "/anon" ? "ok" : JSON.stringify({ user: (await getUser())?.username ?? null })
    res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    res.end(body)
  })
)
server.listen(0, "127.0.0.1", () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
