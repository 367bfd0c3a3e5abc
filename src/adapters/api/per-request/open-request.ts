import * as RequestState from "../../../core/auth/state/request-state.ts"
import { cookieValue } from "../../../core/http/cookies/cookie.ts"
import { cookieHeader, type RequestHead } from "../../../core/http/request/request-head.ts"
import * as Session from "../../../core/session/value/session.ts"
import * as SessionKey from "../../../core/session-key.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import { RequestScope } from "../../request/scope/request-scope.ts"
import type { AuthServices } from "../../request/scope/services.ts"
import { presenceOf } from "../../request/session/device-requests.ts"
import { StoreTime } from "../../store-time/store-time.ts"

/**
 * Opens a request: reads its cookies, and loads nothing.
 *
 * @param cookies the `Cookie` header
 */
export const openRequest = <User extends object>(
  services: AuthServices<User>,
  head: RequestHead,
  cookies: string | undefined = cookieHeader(head)
): RequestScope<User> => {
  const { csrf, session } = services.settings
  const presented = { session: cookieOf(cookies, session.cookie.name), csrf: cookieOf(cookies, csrf.cookie.name) }
  const request = RequestState.opened<User>(services.settings, presented, momentOf(services.clockAndRandom).fresh)
  const { deviceBound } = session
  const device =
    deviceBound === undefined
      ? undefined
      : presenceOf(
          deviceBound,
          services.http,
          head,
          cookieOf(cookies, deviceBound.cookie.name),
          services.clockAndRandom.now()
        )
  const opened = Session.fromCookie(SessionKey.parse(presented.session), device)
  return new RequestScope(head, request, opened, new StoreTime(services.deadlineSeconds * 1000))
}

const cookieOf = (header: string | undefined, name: string): string | undefined =>
  header === undefined ? undefined : cookieValue(header, name)
