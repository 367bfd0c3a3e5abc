import type { ExtendableContext } from "koa"
import type { RequestHead } from "../../../core/http/request-head.ts"
import { NodeRequestHead } from "../node/request-head.ts"

/** What came over the wire, also where a middleware has rewritten `ctx.url`, as mounted applications do. */
export class KoaRequestHead extends NodeRequestHead {
  readonly #ctx: ExtendableContext

  constructor(ctx: ExtendableContext) {
    super(ctx.req)
    this.#ctx = ctx
  }
  override get target(): string {
    return this.#ctx.originalUrl
  }
  /** HTTP/2 says the host by a field of another name (RFC 9113 section 8.3.1). */
  override get headers(): RequestHead["headers"] {
    const { req } = this.#ctx
    if (req.httpVersionMajor < 2 || req.headers.host !== undefined) return super.headers
    return [...super.headers, ["Host", String(req.headers[":authority"] ?? "")]]
  }
}
