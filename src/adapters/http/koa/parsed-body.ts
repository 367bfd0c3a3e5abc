import type { ExtendableContext } from "koa"

/**
 * The parsed body, if a body parser ran before; `undefined` if the body has not been read. Parsers for Koa set an empty
 * object for bodies that they do not parse (an upload, for example). Such a body is not a form without a token: the
 * handler has not read it yet.
 */
export const parsedBody = ({ req, request }: ExtendableContext): unknown => {
  const body: unknown = "body" in request ? request.body : undefined
  return isEmpty(body) && !req.readableDidRead ? undefined : body
}

const isEmpty = (body: unknown): boolean => typeof body === "object" && body !== null && Object.keys(body).length === 0
