/** Where a client goes after a login or logout: to the URL that it asked for, if that URL is safe. */
import type { HostSettings } from "../http/request/host.ts"
import type { RequestHead } from "../http/request/request-head.ts"
import { origin, queryString } from "../http/request/request-url.ts"
import * as Query from "../http/urls/query.ts"
import { safeLocation } from "../http/urls/safe-redirect.ts"
import { asFrameworkTakesIt, type BadRequest, type Redirect, redirectTo } from "./login-redirect.ts"

/** The settings for redirects to a URL that the client sent. */
export interface NextSettings {
  /** The settings that tell host and scheme of the request. */
  readonly http: HostSettings
  /** REDIRECT_FIELD_NAME: `next`. */
  readonly nextField: string
  /** `success_url_allowed_hosts`: allowed redirect hosts, besides the host of the request. */
  readonly successHosts: ReadonlyArray<string>
  /**
   * A router in the browser follows redirects and splits their URLs itself. Default false: the browser follows them.
   */
  readonly hasClientRouter?: boolean
}

/** The URL that the client asked for. */
export interface Next {
  readonly _tag: "Next"
  /**
   * Escaped as in a Location header; the safety check was made on this text. `undefined`: no URL was sent, or an unsafe
   * one.
   */
  readonly url: string | undefined
}

/**
 * The URL that the client asked for, escaped. It may go into a Location header or into the login form; escaping it
 * again changes nothing. When the form has the field, the field in the URL is ignored, even if that of the form is
 * empty or unsafe. If the URL has the field several times, the last one counts.
 *
 * @param field the form's field, the last one where it is repeated; `undefined`: the form has none
 * @see Django: django.contrib.auth.views.RedirectURLMixin.get_redirect_url
 */
export const nextUrl = (settings: NextSettings, head: RequestHead, field: string | undefined): Next | BadRequest => {
  const here = origin(settings.http, head)
  if (here._tag === "DisallowedHost") return { _tag: "BadRequest", reason: "DisallowedHost" }
  const url = field ?? Query.parse(queryString(head)).get(settings.nextField)?.at(-1)
  const hosts = [here.host, ...settings.successHosts]
  const location =
    url === undefined ? undefined : safeLocation(url, hosts, here.scheme === "https", settings.hasClientRouter === true)
  return { _tag: "Next", url: location }
}

/**
 * A redirect to the URL that the client asked for, if it is safe; else to the application's default.
 *
 * @param otherwise the default: LOGIN_REDIRECT_URL or LOGOUT_REDIRECT_URL
 * @see Django: django.contrib.auth.views.RedirectURLMixin.get_success_url
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
