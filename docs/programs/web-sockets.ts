import { once } from "node:events"
import { createServer } from "node:http"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth, requestHead } from "latchkey/node"
import { WebSocket, WebSocketServer } from "ws"

const { sessions, users } = memory()
const auth = createAuth({
  secretKey: "not a secret",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) }
})
await auth.createUser({ username: "alice", password: "alice's password" })

// The pages. (They change something on GET to keep the example short; use POST, with a CSRF token.)
const server = createServer(
  nodeAuth(auth, async (req, res, { authenticate, login, logout }) => {
    if (req.url === "/login") {
      const user = await authenticate({ username: "alice", password: "alice's password" })
      if (user) await login(user)
    }
    if (req.url === "/logout") await logout()
    res.end()
  })
)

const sockets = new WebSocketServer({ noServer: true })
server.on("upgrade", async (req, socket, head) => {
  try {
    const { getUser, verifyOrigin } = auth.reader(requestHead(req))
    verifyOrigin() // throws for the page of any other site
    const user = await getUser()
    if (!user) return void socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n")
    sockets.handleUpgrade(req, socket, head, (ws) => {
      ws.send(`Hello ${user.username}`)
      const stop = auth.onSessionEnd(requestHead(req), (why) => ws.close(4401, why))
      ws.on("close", stop)
    })
  } catch (error) {
    const isForeign = error instanceof Error && error.name === "CsrfFailed"
    socket.end(isForeign ? "HTTP/1.1 403 Forbidden\r\n\r\n" : "HTTP/1.1 503 Service Unavailable\r\n\r\n")
  }
})
server.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`

// A browser, with three pages.
const response = await fetch(`http://${host}/login`)
const cookie = response.headers
  .getSetCookie()
  .map((line) => line.split(";")[0])
  .join("; ")
const open = (headers: Record<string, string>) => new WebSocket(`ws://${host}`, { headers })
const refused = async (socket: WebSocket): Promise<string> => `${(await once(socket, "error"))[0].message}`

const page = open({ cookie, origin: `http://${host}` })
console.log("a page of this site:", String((await once(page, "message"))[0]))
console.log("not logged in:      ", await refused(open({ origin: `http://${host}` })))
console.log("another site:       ", await refused(open({ cookie, origin: "https://evil.example" })))
await fetch(`http://${host}/logout`, { headers: { cookie } })
console.log("after the logout:   ", String((await once(page, "close"))[1]))

server.close()
