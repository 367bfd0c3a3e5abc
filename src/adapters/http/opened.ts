/**
 * A request that one middleware or wrapper of latchkey has opened, and that then reaches another one of the same
 * application: a stricter `connectAuth`, or `withAuth` inside `honoAuth`. The second one applies its own options and
 * gives its handler the same authentication. The first one writes the session, once.
 */

import type { AuthRequest } from "../api/auth-request.ts"
import type { Auth } from "../api/create-auth.ts"
import type { AccessRules } from "../request/check-access.ts"
import type { SessionFields } from "../request/session-access.ts"

export class Opened<User extends object, Fields extends SessionFields> {
  readonly auth: Auth<User, Fields>
  readonly request: AuthRequest<User, Fields>
  #isChecked = false

  constructor(auth: Auth<User, Fields>, request: AuthRequest<User, Fields>) {
    this.auth = auth
    this.request = request
  }

  /**
   * Admits the request, or rejects with what to answer instead; see {@link AuthRequest.enter}. Once one middleware has
   * checked the request for CSRF, `csrfExempt` of a later one has no effect.
   */
  admit(entry: AccessRules): Promise<void> | undefined {
    const isChecked = this.#isChecked
    const exempt = (): boolean => {
      const isExempt = !isChecked && entry.exempt()
      this.#isChecked = !isExempt
      return isExempt
    }
    return this.request.enter({ ...entry, exempt, isChecked })
  }
}

/** A request that some application has opened. */
export interface AnyOpened {
  readonly auth: object
}

/** Whether this application opened the request. If so, the request has this application's user and session types. */
export const isOpenedBy = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  opened: AnyOpened
): opened is Opened<User, Fields> => opened.auth === auth
