/**
 * A request is unused if its handler uses neither the session nor the CSRF secret. Many unused requests need nothing from
 * latchkey. Adapters open such a request only when its handler uses it.
 */
import { isSafeRequest } from "../../csrf/check-request.ts"
import * as Secret from "../../csrf/csrf-secret.ts"
import type { RequestHead } from "../../http/request/request-head.ts"
import * as SessionKey from "../../session-key.ts"
import type { AuthSettings, PresentedCookies } from "../state/request-state.ts"

/**
 * Whether this request needs nothing if it is unused: nothing is checked before its handler, and nothing is sent or
 * stored after it, whichever status the response has. May also return `false` for a request that needs nothing.
 */
export const needsNothingUnused = (
  { session: { deviceBound, saveEveryRequest } }: Pick<AuthSettings, "session">,
  head: RequestHead,
  { csrf, session }: PresentedCookies
): boolean =>
  !saveEveryRequest &&
  deviceBound === undefined &&
  // A useless session cookie is deleted, and a malformed CSRF cookie is replaced.
  (session === undefined || SessionKey.parse(session) !== undefined) &&
  (csrf === undefined || Secret.isWellFormed(csrf)) &&
  isSafeRequest(head)
