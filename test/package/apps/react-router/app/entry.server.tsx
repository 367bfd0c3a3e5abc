import { renderToString } from "react-dom/server"
import { type EntryContext, isRouteErrorResponse, ServerRouter } from "react-router"
import { hear } from "../pages.ts"

const handleRequest = (request: Request, status: number, headers: Headers, context: EntryContext) => {
  headers.set("content-type", "text/html")
  return new Response(`<!doctype html>${renderToString(<ServerRouter context={context} url={request.url} />)}`, {
    status,
    headers
  })
}
export default handleRequest

export const handleError = (error: unknown): void => {
  if (!isRouteErrorResponse(error)) hear(error)
}
