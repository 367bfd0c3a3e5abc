import type { ExtendableContext } from "koa"

/**
 * The body as a parser that came before has left it; `undefined` where nobody has read it. Parsers for Koa leave an
 * empty object for what they do not read (an upload, say): that is no form without a token, but one that the handler
 * has yet to read.
 */
export const parsedBody = ({ req, request }: ExtendableContext): unknown => {
  const body: unknown = "body" in request ? request.body : undefined
  return isEmpty(body) && !req.readableDidRead ? undefined : body
}

const isEmpty = (body: unknown): boolean => typeof body === "object" && body !== null && Object.keys(body).length === 0
