import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import { FetchRequestHead } from "../fetch/fetch-head.ts"
import { NodeRequestHead } from "../node/node-head.ts"
import { nodeHttp } from "../node/node-http.ts"

/**
 * The head of a request, for `auth.reader` and `auth.onSessionEnd` at a WebSocket upgrade. It is as the client
 * sent it if the server is Node's, otherwise as `Request` has it.
 */
export const requestHead = ({ headers, method, originalUrl, source }: HttpServerRequest): RequestHead =>
  source instanceof nodeHttp.IncomingMessage
    ? new NodeRequestHead(source)
    : new FetchRequestHead(
        source instanceof Request ? source : new Request(new URL(originalUrl, "http://localhost"), { headers, method })
      )
