/**
 * Requests to which latchkey adds nothing if their handler uses neither the session nor the CSRF secret: most requests
 * of most sites. Adapters open such a request only when the handler uses it.
 */
import { isSafeRequest } from "../csrf/check-request.ts"
import * as Secret from "../csrf/csrf-secret.ts"
import type { RequestHead } from "../http/request-head.ts"
import * as SessionKey from "../session-key.ts"
import type { AuthSettings, PresentedCookies } from "./request-state.ts"

/**
 * Whether nothing is checked before the handler of this request, and nothing is sent or stored after it, for any
 * status, if the handler uses neither the session nor the CSRF secret. May return `false` for other such requests.
 */
export const isFreeUntouched = (
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
