/** An answer of ours in place of the handler's, in Koa's own terms: whoever comes outside sees it as any other. */
import type { OutgoingHttpHeaders } from "node:http"
import type { ExtendableContext } from "koa"
import type { FailureResponse } from "../failure.ts"

/** A context whose body may be anything that Koa sends. */
export type AnsweringContext = ExtendableContext & { body: unknown }

/**
 * Discards status, headers and body that the handler set, and puts an answer in their place. What stood there before
 * the handler (CORS and security headers of others) stands again.
 */
export const replaceAnswer = (
  ctx: AnsweringContext,
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
  // A handler that wanted to write by itself does not get to.
  if (ctx.respond === false) ctx.respond = true
}

/** Koa destroys Node's streams when another body is set, but lets go of the web's without a word. */
const cancel = (body: unknown): void => {
  const stream = body instanceof Response ? body.body : body
  if (stream instanceof ReadableStream) stream.cancel().catch(() => {})
}
