/**
 * A request that one of latchkey's doors has opened, and that comes to another one of the same application: a stricter
 * `connectAuth`, `withAuth` inside `honoAuth`. The other one lets it in by its own options and hands out the same
 * authentication; the session is written once, by the first.
 */
import type { RequestEntry } from "../interpreter/admit.ts"
import type { AuthRequest } from "../interpreter/auth-request.ts"
import type { Auth } from "../interpreter/create-auth.ts"
import type { SessionFields } from "../interpreter/session-access.ts"

export class Opened<User extends object, Fields extends SessionFields> {
  readonly auth: Auth<User, Fields>
  readonly request: AuthRequest<User, Fields>
  #isChecked = false

  constructor(auth: Auth<User, Fields>, request: AuthRequest<User, Fields>) {
    this.auth = auth
    this.request = request
  }

  /**
   * Lets the request in, or rejects with what to answer instead; see {@link AuthRequest.admit}. A request that one door
   * has checked for CSRF is exempt at none.
   */
  admit(entry: RequestEntry): Promise<void> | undefined {
    const isChecked = this.#isChecked
    const exempt = (): boolean => {
      const isExempt = !isChecked && entry.exempt()
      this.#isChecked = !isExempt
      return isExempt
    }
    return this.request.admit({ ...entry, exempt, isChecked })
  }
}

/** What some application has opened. */
export interface AnyOpened {
  readonly auth: object
}

/** An application's users and session fields are those of whatever it has opened. */
export const isOpenedBy = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  opened: AnyOpened
): opened is Opened<User, Fields> => opened.auth === auth
