/** Where a client goes after it logged in or out: where it asked to go, if that is safe. */
import type { HostSettings } from "../http/host.ts"
import * as Query from "../http/query.ts"
import type { RequestHead } from "../http/request-head.ts"
import { origin, queryString } from "../http/request-url.ts"
import { safeLocation } from "../http/safe-redirect.ts"
import { type BadRequest, type Redirect, redirectTo } from "./login-redirect.ts"

export interface NextSettings {
  readonly http: HostSettings
  /** REDIRECT_FIELD_NAME: `next`. */
  readonly nextField: string
  /** `success_url_allowed_hosts`: hosts that a client may be sent to besides the one that it asked. */
  readonly successHosts: ReadonlyArray<string>
  /** Redirects are followed by a router in the browser, which takes URLs apart, not by the browser itself. */
  readonly followedInParts?: boolean
}

export interface Next {
  readonly _tag: "Next"
  /** As it was sent, white space included; `undefined`: none was, or none that is safe. */
  readonly url: string | undefined
}

/**
 * Where the client asked to go. A field in the form hides the one in the URL even where it is empty or unsafe; of
 * several in the URL the last counts.
 *
 * @param field the form's field, the last one where it is repeated; `undefined`: there is none
 * @see Django: RedirectURLMixin.get_redirect_url
 */
export const nextUrl = (settings: NextSettings, head: RequestHead, field: string | undefined): Next | BadRequest => {
  const here = origin(settings.http, head)
  if (here._tag === "DisallowedHost") return { _tag: "BadRequest", reason: "DisallowedHost" }
  const url = field ?? Query.parse(queryString(head)).get(settings.nextField)?.at(-1)
  const isSafe =
    url !== undefined &&
    safeLocation(
      url,
      [here.host, ...settings.successHosts],
      here.scheme === "https",
      settings.followedInParts === true
    ) !== undefined
  return { _tag: "Next", url: isSafe ? url : undefined }
}

/**
 * A redirect to where the client asked to go, or else to the application's own choice.
 *
 * @param otherwise LOGIN_REDIRECT_URL or LOGOUT_REDIRECT_URL
 * @see Django: RedirectURLMixin.get_success_url
 */
export const redirectToNext = (
  settings: NextSettings,
  head: RequestHead,
  field: string | undefined,
  otherwise: string
): Redirect | BadRequest => {
  const next = nextUrl(settings, head, field)
  return next._tag === "Next" ? redirectTo(next.url ?? otherwise) : next
}
