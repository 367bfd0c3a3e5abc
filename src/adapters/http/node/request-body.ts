import type { NodeRequest } from "./native/native.ts"

/**
 * The body of a request, in pieces. If the reader stops early, the rest is read and discarded, as Node does with a body
 * that is not read at all: otherwise the next request on the connection would wait.
 */
export async function* requestBody(req: NodeRequest): AsyncGenerator<Uint8Array | string, void> {
  try {
    yield* req.iterator({ destroyOnReturn: false })
  } finally {
    req.resume()
  }
}
