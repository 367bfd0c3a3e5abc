import { once } from "node:events"
import { createServer } from "node:net"

/** A server of any kind, here one that keeps a number: it answers `get` with it, and `set 1` sets it. */
export const startCounter = async () => {
  let value = 0
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    socket.on("data", (sent) => {
      const [verb, written] = String(sent).split(" ")
      if (verb === "set") value = Number(written)
      socket.end(String(value))
    })
  )
  await once(server.listen(0, "127.0.0.1"), "listening")
  const reset = () => {
    value = 0
  }
  return { port: Number(Object(server.address()).port), reset, value: () => value, close: () => void server.close() }
}
