import type { AuthContext } from "../../../api/per-request/promises.ts"
import type { SessionFields } from "../../../request/session/session-access.ts"
import { answered, responseInProgress } from "../../fetch/fetch-answer.ts"
import { checkHttpOptions, type HttpAuthOptions } from "../../http-options.ts"
import { type AuthSource, authOf, checkSource } from "../framework/auth-source.ts"
import { responseTo, thrownByNext } from "../framework/next-control-flow.ts"
import { RouteRequestHead } from "../framework/next-head.ts"

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
  checkSource(auth)
  checkHttpOptions(options)
  return async (request, route) => {
    const head = new RouteRequestHead(request)
    endPrerendering(head)
    const application = authOf(auth)
    return answered(
      { auth: application, request: application.open(head, responseInProgress) },
      {
        request,
        options,
        handle: (context) => handler(request, context, route),
        responseTo: (error) => responseTo(error, isFormPost(request)),
        isFrameworks
      }
    )
  }
}

const isFrameworks = (error: unknown): boolean => thrownByNext(error) !== undefined

/**
 * With `cacheComponents`, `next build` calls GET handlers. When a handler reads a header, Next ends the call, and calls
 * the handler again for each request. This has to happen before the application's `auth` is made. One header is enough:
 * a list of all takes four times as long.
 */
const endPrerendering = (head: RouteRequestHead): void => void head.cookie()

/** Whether a form was sent: Next redirects such a request with the status 303. */
export const isFormPost = ({ headers, method }: Request): boolean =>
  method === "POST" &&
  /^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(headers.get("content-type") ?? "")
