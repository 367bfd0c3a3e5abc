/** Where a client goes after a login or logout: to the URL that it asked for, if that is safe. */
import type { HostSettings } from "../http/host.ts"
import * as Query from "../http/query.ts"
import type { RequestHead } from "../http/request-head.ts"
import { origin, queryString } from "../http/request-url.ts"
import { safeLocation } from "../http/safe-redirect.ts"
import { asFrameworkTakesIt, type BadRequest, type Redirect, redirectTo } from "./login-redirect.ts"

export interface NextSettings {
  readonly http: HostSettings
  /** REDIRECT_FIELD_NAME: `next`. */
  readonly nextField: string
  /** `success_url_allowed_hosts`: hosts that a client may be sent to besides the host of the request. */
  readonly successHosts: ReadonlyArray<string>
  /** Redirects are followed by a router in the browser, which takes URLs apart, not by the browser itself. */
  readonly followedInParts?: boolean
}

export interface Next {
  readonly _tag: "Next"
  /** Escaped as in a Location header: the text that was checked. `undefined`: none was sent, or none that is safe. */
  readonly url: string | undefined
}

/**
 * The URL that the client asked for, escaped: it may go into a Location header or into the login form, where escaping it
 * again changes nothing. A field in the form hides the one in the URL even where it is empty or unsafe; of several in
 * the URL the last counts.
 *
 * @param field the form's field, the last one where it is repeated; `undefined`: there is none
 * @see Django: RedirectURLMixin.get_redirect_url
 */
export const nextUrl = (settings: NextSettings, head: RequestHead, field: string | undefined): Next | BadRequest => {
  const here = origin(settings.http, head)
  if (here._tag === "DisallowedHost") return { _tag: "BadRequest", reason: "DisallowedHost" }
  const url = field ?? Query.parse(queryString(head)).get(settings.nextField)?.at(-1)
  const hosts = [here.host, ...settings.successHosts]
  const location =
    url === undefined ? undefined : safeLocation(url, hosts, here.scheme === "https", settings.followedInParts === true)
  return { _tag: "Next", url: location }
}

/**
 * A redirect to the URL that the client asked for, if it is safe, else to the application's own choice.
 *
 * @param otherwise where to without one: LOGIN_REDIRECT_URL or LOGOUT_REDIRECT_URL
 * @see Django: RedirectURLMixin.get_success_url
 */
export const redirectToNext = (
  settings: NextSettings,
  head: RequestHead,
  field: string | undefined,
  otherwise: string
): Redirect | BadRequest => {
  const next = nextUrl(settings, head, field)
  return next._tag === "Next" ? asFrameworkTakesIt(redirectTo(next.url ?? otherwise), settings.http, head) : next
}
