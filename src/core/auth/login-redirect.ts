/** Sending somebody to the login page, and telling that page where they wanted to go. */
import type { HostSettings } from "../http/host.ts"
import * as Query from "../http/query.ts"
import { redirectLocation } from "../http/redirect-location.ts"
import type { RequestHead } from "../http/request-head.ts"
import { fullPath, origin } from "../http/request-url.ts"
import * as Url from "../http/url.ts"

export interface LoginRedirectSettings {
  readonly http: HostSettings
  /** LOGIN_URL: `/accounts/login/`, or a login page elsewhere. */
  readonly loginUrl: string
  /** REDIRECT_FIELD_NAME, `next`; `undefined`: the login page is not told. */
  readonly nextField: string | undefined
}

/** 302 with this Location. */
export interface Redirect {
  readonly _tag: "Redirect"
  readonly location: string
}

/** 400: the request names a host that is not ours, or the redirect would lead nowhere that is allowed. */
export interface BadRequest {
  readonly _tag: "BadRequest"
  readonly reason: "DisallowedHost" | "DisallowedRedirect"
}

/**
 * A redirect to the login page that brings the client back to where this request went: to its path, or, where the
 * login page is on another site, to its absolute URL.
 *
 * @see Django: user_passes_test
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
  return asFrameworkTakesIt(redirectToLogin(next, settings.loginUrl, settings.nextField), settings.http, head)
}

/**
 * A redirect to a path of this site, made a redirect to the absolute URL where the framework would put its base path
 * before a path.
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
 * Whether a request asks for the login page itself, which has to be open to clients that are redirected there. Its path
 * is compared with the one that a redirect sends, character by character, since another spelling may be another page to
 * a router; a slash at the end makes a difference unless the framework ignores it. A login page that is known by more
 * than its path (a query, a host) is for the application to open.
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

/** What comes before query and fragment, as it is written. */
const pathOf = (target: string): string => target.split(/[?#]/, 1)[0] ?? ""

/**
 * A redirect to the login page that carries `next` in its query. A field of that name which is there already gives its
 * place to it; the rest of the query is written anew in Django's way.
 *
 * @param nextField `undefined` or `""`: the page is not told
 * @see Django: django.contrib.auth.views.redirect_to_login
 */
export const redirectToLogin = (
  next: string,
  loginUrl: string,
  nextField: string | undefined
): Redirect | BadRequest => {
  const login = Url.split(loginUrl)
  if (login === undefined) return disallowedRedirect
  const query =
    nextField === undefined || nextField === ""
      ? login.query
      : Query.write(Query.set(Query.parse(login.query), nextField, next))
  return redirectTo(Url.unsplit({ ...login, query }))
}

/** A redirect to a URL that was judged already. */
export const redirectTo = (target: string): Redirect | BadRequest => {
  const sent = redirectLocation(target)
  return sent._tag === "Location" ? { _tag: "Redirect", location: sent.location } : disallowedRedirect
}

const disallowedRedirect: BadRequest = { _tag: "BadRequest", reason: "DisallowedRedirect" }
