/**
 * A request that one middleware or wrapper of latchkey has opened, and that then reaches another one of the same
 * application: a stricter `connectAuth`, or `withAuth` inside `honoAuth`. The second one applies its own options and
 * gives its handler the same authentication. The first one writes the session, once.
 */

import type { Auth } from "../api/auth.ts"
import type { AuthRequest } from "../api/per-request/auth-request.ts"
import type { SessionFields } from "../request/session/session-access.ts"

/** A request, and the application that opened it. */
export interface Opened<User extends object, Fields extends SessionFields> {
  readonly auth: Auth<User, Fields>
  readonly request: AuthRequest<User, Fields>
}

/** A request that some application has opened. */
export interface AnyOpened {
  readonly auth: object
}

/** Whether this application opened the request. If so, the request has this application's user and session types. */
export const isOpenedBy = <User extends object, Fields extends SessionFields, Any extends AnyOpened>(
  auth: Auth<User, Fields>,
  opened: Any
): opened is Any & Opened<User, Fields> => opened.auth === auth
