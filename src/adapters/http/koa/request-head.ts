import type { ExtendableContext } from "koa"
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
}
