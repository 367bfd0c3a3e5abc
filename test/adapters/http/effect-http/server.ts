/** Effect's own http server on Node, on the loopback interface. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as NetAddress from "effect/net/NetAddress"
import type { Served } from "../contract/adapter.ts"

type Services =
  | HttpRouter.HttpRouter
  | HttpRouter.Request<"Error", unknown>
  | Layer.Success<typeof NodeHttpServer.layerHttpServices>

/**
 * Serves routes that need only the router and the services of the platform.
 *
 * @param around the layer that the server runs in
 */
export const serve = async (
  routes: Layer.Layer<never, never, Services>,
  around: Layer.Layer<never> = Layer.empty
): Promise<Served> => {
  const server = createServer()
  const runtime = ManagedRuntime.make(
    HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
      Layer.provideMerge(
        NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: 100 })
      ),
      Layer.provide(around)
    )
  )
  const port = await runtime.runPromise(
    Effect.map(HttpServer.HttpServer, ({ address }) => (NetAddress.isInetAddress(address) ? address.port : 0))
  )
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await runtime.dispose()
    }
  }
}
