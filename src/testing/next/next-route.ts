import { responseTo } from "../../adapters/http/next/framework/next-control-flow.ts"
import { type AnyParams, isFormPost, type Route } from "../../adapters/http/next/handlers/route.ts"
import type { RequestHandler } from "../browser/browser.ts"
import { inRequest } from "./in-next-request.ts"

/** A route handler: what `route.ts` exports as `GET`, `POST`, …. It may have a narrower type of request and params. */
export type AnyRouteHandler = {
  /** Answers a request. It is declared as a method so that narrower types of its parameters fit. */
  handle(request: Request, route: Route<AnyParams>): Response | Promise<Response>
}["handle"]

/**
 * Makes a fetch handler of a route handler, with or without `withAuth`. The handler gets a `NextRequest`, and Next's
 * `headers()`, `cookies()`, `redirect()`, `notFound()` and `after()` work in it as on a server.
 *
 * @param params the values of the dynamic segments: `{ id: "7" }` for `app/notes/[id]/route.ts`
 * @returns rejects with the handler's error where Next's server would log it and answer 500
 */
export const nextRoute =
  (handler: AnyRouteHandler, params: AnyParams = {}): RequestHandler =>
  (request) =>
    inRequest(request, "action", async (nextRequest) => {
      try {
        return await handler(nextRequest, { params: Promise.resolve(params) })
      } catch (error) {
        const response = responseTo(error, isFormPost(request))
        if (response === undefined) throw error
        return response
      }
    })
