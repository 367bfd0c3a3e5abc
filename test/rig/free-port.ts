import { once } from "node:events"
import { createServer } from "node:net"

/**
 * Below the ports that Linux gives to outgoing connections (32,768 and above). One of those may be in use when a server
 * wants to listen on it, or to listen on it again after a restart.
 */
const LOWEST = 12_000
const COUNT = 20_000

/** No port is given out twice in this process. Each process begins somewhere else. */
let next = Math.floor(Math.random() * COUNT)

/** A port of the loopback interface that is not in use at this moment. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = LOWEST + (next++ % COUNT)
    if (await isFree(port)) return port
  }
}

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, "127.0.0.1")
  try {
    await once(server, "listening")
  } catch {
    return false
  }
  server.close()
  await once(server, "close")
  return true
}
