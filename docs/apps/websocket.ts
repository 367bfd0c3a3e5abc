import { requestHead } from "latchkey/node"
import { WebSocketServer } from "ws"
import { auth } from "./auth.ts"
import { server } from "./node.ts"

const sockets = new WebSocketServer({ noServer: true })

server.on("upgrade", async (req, socket, head) => {
  try {
    const { getUser, verifyOrigin } = auth.reader(requestHead(req))
    verifyOrigin() // throws for the page of any other site
    const user = await getUser()
    if (user) return sockets.handleUpgrade(req, socket, head, (ws) => ws.send(`Hello ${user.username}`))
    socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n")
  } catch {
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")
  }
})
