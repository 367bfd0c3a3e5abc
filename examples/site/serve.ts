/** Starts and stops the server, for examples that run on Node's http server. */
import { createServer, type RequestListener } from "node:http"
import type { Application } from "./application.ts"

/** Listens on loopback only. On SIGTERM or SIGINT it finishes the open requests and exits with status 0. */
export const serve = ({ close, config }: Application, listener: RequestListener): void => {
  const server = createServer(listener)
  server.once("error", async (error) => {
    console.error(
      "code" in error && error.code === "EADDRINUSE"
        ? `port ${config.port} is taken: end what listens there, or choose another with the variable PORT`
        : error
    )
    await close()
    process.exit(1)
  })
  server.listen(config.port, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" ? address?.port : config.port
    console.log(`listening on http://127.0.0.1:${port}`)
  })

  let isStopping = false
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    server.close(async () => {
      await close()
      process.exit(0)
    })
    // A keep-alive connection becomes idle only after its last answer was sent.
    setInterval(() => server.closeIdleConnections(), 50).unref()
  }
  process.once("SIGTERM", stop)
  process.once("SIGINT", stop)
}
