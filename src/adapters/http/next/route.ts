import type { AuthContext } from "../../api/context.ts"
import type { SessionFields } from "../../request/session-access.ts"
import { answered, responseInProgress } from "../fetch/fetch-answer.ts"
import { checkHttpOptions, type HttpAuthOptions } from "../http-options.ts"
import { Opened } from "../opened.ts"
import { type AuthSource, authOf } from "./auth-source.ts"
import { thrownByNext } from "./next-control-flow.ts"
import { RouteRequestHead } from "./next-head.ts"

/** The second argument that Next passes to a route handler, after the request. */
export interface Route<Params> {
  /** The values of the dynamic segments of the route, by their names. */
  readonly params: Promise<Params>
}

/** The type of the parameters, for a handler that does not declare a more exact one. */
export type AnyParams = Record<string, string | Array<string> | undefined>

/** A route handler that gets the authentication of its request as second argument. */
export type RouteHandler<
  User extends object,
  Fields extends SessionFields,
  Req extends Request = Request,
  Params = AnyParams
> = (request: Req, context: AuthContext<User, Fields>, route: Route<Params>) => Promise<Response> | Response

/**
 * Gives a route handler the authentication of its request.
 *
 * `redirect()`, `notFound()` and similar functions work as everywhere in Next. They are turned into the same responses
 * that Next would make, but here: a response that Next makes has no cookies except those of Next's own `cookies()`.
 */
export const withAuth = <
  User extends object,
  Fields extends SessionFields,
  Req extends Request = Request,
  Params = AnyParams
>(
  auth: AuthSource<User, Fields>,
  handler: RouteHandler<User, Fields, Req, Params>,
  options: HttpAuthOptions<Req> = {}
): ((request: Req, route: Route<Params>) => Promise<Response>) => {
  checkHttpOptions(options)
  return async (request, route) => {
    const application = authOf(auth)
    return answered(new Opened(application, application.open(new RouteRequestHead(request), responseInProgress)), {
      request,
      options,
      handle: async (context) => {
        try {
          return await handler(request, context, route)
        } catch (error) {
          throw responseTo(error, request) ?? error
        }
      },
      isFrameworks: (error) => thrownByNext(error) !== undefined
    })
  }
}

const responseTo = (error: unknown, request: Request): Response | undefined => {
  const thrown = thrownByNext(error)
  switch (thrown?._tag) {
    case undefined:
    case "Internal":
      return undefined
    case "Status":
      return new Response(null, { status: thrown.status })
    case "Redirect":
      return new Response(null, {
        status: isFormPost(request) ? 303 : thrown.status,
        headers: { location: thrown.location }
      })
    default:
      return thrown satisfies never
  }
}

/**
 * After a form is sent, the browser should request the next page with GET. Next answers 303 then; 307 would repeat the
 * POST.
 */
const isFormPost = ({ headers, method }: Request): boolean =>
  method === "POST" &&
  /^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(headers.get("content-type") ?? "")
