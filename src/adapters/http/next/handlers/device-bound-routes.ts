import type { SessionFields } from "../../../request/session/session-access.ts"
import type { HttpAuthOptions } from "../../http-options.ts"
import type { AuthSource } from "../framework/auth-source.ts"
import { withAuth } from "./route.ts"

/** The route handlers of device-bound sessions. */
export interface DeviceBoundRoutes {
  /** Answers the requests that browsers send by themselves. */
  readonly POST: (request: Request) => Promise<Response>
}

/**
 * The route handlers of the option `deviceBound`, for `app/dbsc/[step]/route.ts`:
 *
 * ```ts
 * export const { POST } = deviceBoundRoutes(auth)
 * ```
 *
 * Without the option they answer 404.
 */
export const deviceBoundRoutes = <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  options: HttpAuthOptions<Request> = {}
): DeviceBoundRoutes => {
  const handler = withAuth(auth, () => new Response(null, { status: 404 }), options)
  return { POST: (request) => handler(request, { params: Promise.resolve({}) }) }
}
