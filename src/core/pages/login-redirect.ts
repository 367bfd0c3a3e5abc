/** Redirects to the login page, with the URL to return to. */
import type { HostSettings } from "../http/request/host.ts"
import type { RequestHead } from "../http/request/request-head.ts"
import { fullPath, origin } from "../http/request/request-url.ts"
import * as Query from "../http/urls/query.ts"
import { redirectLocation } from "../http/urls/redirect-location.ts"
import * as Url from "../http/urls/url.ts"

/** The settings for redirects to the login page. */
export interface LoginRedirectSettings {
  /** The settings that tell host and scheme of the request. */
  readonly http: HostSettings
  /** LOGIN_URL: `/accounts/login/`, or the absolute URL of a login page on another site. */
  readonly loginUrl: string
  /** REDIRECT_FIELD_NAME, `next`; `undefined`: the URL to return to is not sent. */
  readonly nextField: string | undefined
}

/** 302 with this Location. */
export interface Redirect {
  readonly _tag: "Redirect"
  /** The value of the Location header. */
  readonly location: string
  /** `ProofRequired`: the session is bound to a device, and the request does not prove it. */
  readonly reason?: "ProofRequired"
}

/** 400: the host of the request is not allowed, or the redirect target is not. */
export interface BadRequest {
  readonly _tag: "BadRequest"
  /**
   * `DisallowedHost`: the request's host is not one of `allowedHosts`. `DisallowedRedirect`: browsers could understand
   * the target as another address.
   */
  readonly reason: "DisallowedHost" | "DisallowedRedirect"
}

/**
 * A redirect to the login page, with the URL of this request as the URL to return to. That is the path of the request
 * or, where the login page is on another site, its absolute URL.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.decorators.user_passes_test
 */
export const toLogin = (settings: LoginRedirectSettings, head: RequestHead): Redirect | BadRequest => {
  const here = origin(settings.http, head)
  if (here._tag === "DisallowedHost") return { _tag: "BadRequest", reason: "DisallowedHost" }
  const login = Url.split(settings.loginUrl)
  const isSameSite =
    login !== undefined &&
    (login.scheme === "" || login.scheme === here.scheme) &&
    (login.netloc === "" || login.netloc === here.host)
  const path = fullPath(head)
  const next = isSameSite ? path : `${here.scheme}://${here.host}${path}`
  return asFrameworkTakesIt(withNext(login, settings.nextField, next), settings.http, head)
}

/**
 * Some frameworks put their base path before the target of a redirect when that target is a path. For these, a path is
 * turned into an absolute URL of this site. Other decisions are returned unchanged.
 */
export const asFrameworkTakesIt = (
  decision: Redirect | BadRequest,
  http: HostSettings,
  head: RequestHead
): Redirect | BadRequest => {
  if (head.prefixesRedirects !== true || decision._tag !== "Redirect" || !decision.location.startsWith("/"))
    return decision
  const here = origin(http, head)
  if (here._tag === "DisallowedHost") return { _tag: "BadRequest", reason: "DisallowedHost" }
  const before = decision.location.startsWith("//") ? `${here.scheme}:` : `${here.scheme}://${here.host}`
  return { _tag: "Redirect", location: before + decision.location }
}

/**
 * Whether the request is for the login page itself, which must be open to the clients that are redirected to it.
 *
 * The path of the request is compared with the path in the redirect, character by character, because a router may serve
 * another page for another spelling. A slash at the end counts, unless the framework ignores it. When `loginUrl` has a
 * query or a host, the answer is always `false`: the application has to mark that page as open.
 */
export const isLoginPage = ({ loginUrl }: LoginRedirectSettings, head: RequestHead): boolean => {
  const login = Url.split(loginUrl)
  if (login === undefined || login.scheme !== "" || login.netloc !== "" || login.query !== "") return false
  const sent = redirectLocation(loginUrl)
  if (sent._tag !== "Location") return false
  const [path, asked] = [pathOf(sent.location), (head.basePath ?? "") + pathOf(head.target)]
  return head.ignoresTrailingSlash === true ? withoutSlash(path) === withoutSlash(asked) : path === asked
}

const withoutSlash = (path: string): string => path.replace(/\/$/, "")

/** The target without query and fragment, as it is written. */
const pathOf = (target: string): string => target.split(/[?#]/, 1)[0] ?? ""

/**
 * A redirect to the login page with `next` in its query. A field of that name in the login URL is replaced. The other
 * fields of the query are kept and encoded as Django encodes them.
 *
 * @param nextField `undefined` or `""`: the URL to return to is not sent
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.views.redirect_to_login
 */
export const redirectToLogin = (next: string, loginUrl: string, nextField: string | undefined): Redirect | BadRequest =>
  withNext(Url.split(loginUrl), nextField, next)

const withNext = (login: Url.UrlParts | undefined, field: string | undefined, next: string): Redirect | BadRequest => {
  if (login === undefined) return disallowedRedirect
  const query =
    field === undefined || field === "" ? login.query : Query.write(Query.set(Query.parse(login.query), field, next))
  return redirectTo(Url.unsplit({ ...login, query }))
}

/** A redirect to a URL whose safety the caller has checked. */
export const redirectTo = (target: string): Redirect | BadRequest => {
  const sent = redirectLocation(target)
  return sent._tag === "Location" ? { _tag: "Redirect", location: sent.location } : disallowedRedirect
}

const disallowedRedirect: BadRequest = { _tag: "BadRequest", reason: "DisallowedRedirect" }
