/** HTTP servers of tests, on free ports of the loopback interface. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"

/** Lets a server listen. @returns its port */
export const listen = async (server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Several servers, which are closed together. */
export const listeningServers = () => {
  const servers: Array<Server> = []
  return {
    /** Starts a server. @returns its port */
    serve: (listener: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<number> => {
      const server = createServer((req, res) => void listener(req, res))
      servers.push(server)
      return listen(server)
    },
    close: (): void => {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    }
  }
}
