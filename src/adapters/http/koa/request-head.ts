import type { ExtendableContext } from "koa"
import { NodeRequestHead } from "../node/request-head.ts"

/** What came over the wire, also where middleware has rewritten `ctx.method` or `ctx.url`. */
export class KoaRequestHead extends NodeRequestHead {
  readonly #ctx: ExtendableContext

  constructor(ctx: ExtendableContext) {
    super(ctx.req)
    this.#ctx = ctx
  }
  override get method(): string {
    const { request } = this.#ctx
    // What overrides for Koa leave behind, which counts where Node did not announce the request.
    const left: unknown = "originalMethod" in request ? request.originalMethod : undefined
    return super.method === this.rewrittenMethod && typeof left === "string" ? left : super.method
  }
  override get target(): string {
    return super.target === this.#ctx.url ? this.#ctx.originalUrl : super.target
  }
}
