/** The site's endpoints, which all examples share, as route handlers. */
import { type AnyParams, type Route, withAuth } from "latchkey/next"
import type { Answer } from "../../site/answer.ts"
import { notFound } from "../../site/page-endpoints.ts"
import { type SiteRequest, siteRequest } from "../../site/request.ts"
import { type Site, site } from "../../site/site.ts"
import { auth } from "./application.ts"

type Handler = (request: Request, route: Route<AnyParams>) => Promise<Response>

/**
 * The route handlers of a path, for every method: the answer to a refused method may have to set a cookie too.
 *
 * @param path the exact path, since Next ignores a slash at its end; `undefined`: every request gets 404
 */
export const route = (path: string | undefined) => {
  const handler: Handler = (request, route) => {
    const { answer, isCsrfExempt } = theSite()
    const asked = askedOf(request)
    const answered = withAuth(
      auth(),
      async (_request, context) => responseOf(asked.path === path ? await answer(asked, context) : notFound(asked)),
      { csrfExempt: () => isCsrfExempt(asked.path) }
    )
    return answered(request, route)
  }
  return { GET: handler, POST: handler, PUT: handler, PATCH: handler, DELETE: handler }
}

let made: Site | undefined

const theSite = (): Site => {
  made ??= site(auth())
  return made
}

export const askedOf = ({ body, headers, method, url }: Request): SiteRequest =>
  siteRequest({ method, target: url, header: (name) => headers.get(name) ?? undefined, body })

/** `Response` accepts no body for some statuses, not even an empty text. */
export const responseOf = ({ body, headers, status }: Answer): Response =>
  new Response(body === "" ? null : body, { status, headers })
