import { needsNothingUnused } from "../../../core/auth/request/unused-request.ts"
import * as RequestState from "../../../core/auth/state/request-state.ts"
import { cookieValue } from "../../../core/http/cookies/cookie.ts"
import { cookieHeader, type RequestHead } from "../../../core/http/request/request-head.ts"
import * as Session from "../../../core/session/value/session.ts"
import * as SessionKey from "../../../core/session-key.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import { RequestScope } from "../../request/scope/request-scope.ts"
import type { AuthServices } from "../../request/scope/services.ts"
import { presenceOf } from "../../request/session/device-requests.ts"

/** Opens a request: reads its cookies, and loads nothing. */
export const openRequest = <User extends object>(
  services: AuthServices<User>,
  head: RequestHead,
  cookies: RequestState.PresentedCookies = cookiesOf(services, head)
): RequestScope<User> => {
  const request = RequestState.opened<User>(services.settings, cookies, momentOf(services.clockAndRandom).fresh)
  const { deviceBound } = services.settings.session
  const device =
    deviceBound === undefined
      ? undefined
      : presenceOf(
          deviceBound,
          services.http,
          head,
          cookieOf(cookieHeader(head), deviceBound.cookie.name),
          services.clockAndRandom.now()
        )
  return new RequestScope(head, request, Session.fromCookie(SessionKey.parse(cookies.session), device))
}

/** The cookies of a request that needs nothing as long as its handler does not use it. `undefined` for all others. */
export const cookiesIfNothingNeeded = <User extends object>(
  services: AuthServices<User>,
  head: RequestHead
): RequestState.PresentedCookies | undefined => {
  if (services.remoteUser !== undefined) return undefined
  const cookies = cookiesOf(services, head)
  return needsNothingUnused(services.settings, head, cookies) ? cookies : undefined
}

const cookiesOf = <User extends object>(
  { settings: { csrf, session } }: AuthServices<User>,
  head: RequestHead
): RequestState.PresentedCookies => {
  const header = cookieHeader(head)
  if (header === undefined) return noCookies
  return { session: cookieOf(header, session.cookie.name), csrf: cookieOf(header, csrf.cookie.name) }
}

const noCookies: RequestState.PresentedCookies = { session: undefined, csrf: undefined }

const cookieOf = (header: string | undefined, name: string): string | undefined =>
  header === undefined ? undefined : cookieValue(header, name)
