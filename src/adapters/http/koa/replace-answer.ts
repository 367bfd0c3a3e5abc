/** Replaces the handler's answer through Koa's own properties, so that outer middleware sees it as any other answer. */
import type { OutgoingHttpHeaders } from "node:http"
import type { Context } from "koa"
import type { FailureResponse } from "../failure-response.ts"

/**
 * Discards the status, headers and body that the handler set, and sets an answer. Headers that were set before the
 * handler ran (CORS and security headers of other middleware) are restored.
 */
export const replaceAnswer = (
  ctx: Context,
  before: OutgoingHttpHeaders,
  { body, headers, status }: FailureResponse
): void => {
  const { res } = ctx
  cancel(ctx.body)
  for (const name of res.getHeaderNames()) res.removeHeader(name)
  for (const [name, value] of Object.entries(before)) if (value !== undefined) res.setHeader(name, value)
  ctx.status = status
  ctx.body = body
  ctx.set({ ...headers })
  // A handler that wanted to write the response itself is prevented from it.
  if (ctx.respond === false) ctx.respond = true
}

/** Cancels a web stream. Koa destroys Node's streams when another body is set, but does not cancel web streams. */
const cancel = (body: unknown): void => {
  const stream = body instanceof Response ? body.body : body
  if (stream instanceof ReadableStream) stream.cancel().catch(() => {})
}
