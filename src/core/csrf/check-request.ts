/**
 * Whether a request that may change something was sent by a page of this site or of a trusted one. The steps, in order:
 *
 * | step    | applies to                         | refused unless                                                      |
 * | ------- | ---------------------------------- | ------------------------------------------------------------------- |
 * | method  | every request                      | (GET, HEAD, OPTIONS and TRACE pass all steps, unless a method       |
 * |         |                                    | override changed the method from or to another one)                 |
 * | Origin  | requests with the header, even ""  | it equals this site's origin, or is a trusted origin                |
 * | Referer | https requests without an Origin   | it is an https page of a trusted host, the cookie's domain, or ours |
 * | secret  | all that passed                    | the cookie (or the session) has a well-formed secret                |
 * | token   | all that passed                    | the form field, else the header, holds that secret                  |
 *
 * With `ignoresOrigin` the Origin step is left out, and the Referer step applies to every https request.
 *
 * With `mode: "fetch-metadata"` the headers of the browser decide first, by the table of `fetch-metadata.ts`. Only a
 * request without these headers goes on to the steps Referer, secret and token.
 *
 * The content type of the body does not matter. Do not call this for exempt views. Call it once per request: a login in
 * between replaces the secret.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/csrf/#how-it-works
 */
import { host, isSameDomain } from "../http/request/host.ts"
import { header, type RequestHead } from "../http/request/request-head.ts"
import { isSecure, port } from "../http/request/scheme.ts"
import * as Url from "../http/urls/url.ts"
import * as Secret from "./csrf-secret.ts"
import * as FetchMetadata from "./fetch-metadata.ts"
import { isOwnOrigin, type SourceSettings } from "./request-source.ts"
import * as TrustedOrigins from "./trusted-origins.ts"

/** How a request shows that it was not sent by a page of another site. */
export type CsrfMode = "token" | "fetch-metadata"

/** The settings of the check. Made once, when the application starts. */
export interface CheckSettings extends SourceSettings {
  /**
   * `token`: every request that may change something needs a token, as in Django. `fetch-metadata`: only clients whose
   * requests do not say which page sent them need one. Default `token`.
   */
  readonly mode?: CsrfMode
  /** CSRF_HEADER_NAME, written as a header name: `X-CSRFToken`. */
  readonly headerName: string
  /**
   * CSRF_COOKIE_DOMAIN, or SESSION_COOKIE_DOMAIN with CSRF_USE_SESSIONS: pages of this domain may send requests, by
   * their Referer. `undefined`: only pages of the request's own host.
   */
  readonly cookieDomain: string | undefined
  /** The Origin header is ignored, as in Django 3.2. Default false. */
  readonly ignoresOrigin?: boolean
  /** Every fault of a token or a stored secret has the same reason, as in Django 3.2. Default false. */
  readonly generalizesReasons?: boolean
}

/** Whether the request may be handled. */
export type Verdict = { readonly _tag: "Passed" } | Refused

/** 403. */
export interface Refused {
  readonly _tag: "Refused"
  /** Django's text, for the log. May quote the Origin or Referer, but no token and no secret. */
  readonly reason: string
}

/**
 * Runs all steps.
 *
 * @param stored the text of the CSRF cookie as it was sent, or the session's secret; `undefined`: neither exists
 * @param field the form field `csrfmiddlewaretoken`, the last one where it is repeated; `undefined`: no such field, no
 * form, or the body has not been parsed. Used for POST only.
 */
export const check = (
  settings: CheckSettings,
  head: RequestHead,
  stored: string | undefined,
  field: string | undefined
): Verdict => {
  if (isSafeRequest(head)) return passed
  if (settings.mode === "fetch-metadata") {
    const metadata = FetchMetadata.judge(settings, head)
    if (metadata._tag !== "NeedsToken") return metadata
  }
  const source = checkSource(settings, head)
  return source._tag === "Refused" ? source : checkToken(settings, head, stored, field)
}

/** Methods that change nothing (RFC 9110 section 9.2.1). In capitals, because methods are case-sensitive. */
export const isSafe = (method: string): boolean =>
  method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "TRACE"

/**
 * Whether a request changes nothing. Both the method that was sent and the method that the application sees must be
 * safe: a method override must not turn a POST from another site into an `OPTIONS`, nor a link into a `DELETE`.
 */
export const isSafeRequest = ({ method, rewrittenMethod = method }: RequestHead): boolean =>
  isSafe(method) && isSafe(rewrittenMethod)

/**
 * The check for a WebSocket upgrade. An upgrade is a GET that cannot carry a token, and a page of any site can make a
 * browser send it with this site's cookies. Browsers always send an Origin with it, so a request without Origin is
 * refused, whichever method it has.
 */
export const checkOrigin = (settings: CheckSettings, head: RequestHead): Verdict =>
  header(head, "origin") === undefined
    ? refused("Origin checking failed - no Origin.")
    : checkSource({ ...settings, ignoresOrigin: false }, head)

/** The steps that need no secret: Origin or else Referer. Does not look at the method. */
export const checkSource = (settings: CheckSettings, head: RequestHead): Verdict => {
  const origin = settings.ignoresOrigin === true ? undefined : header(head, "origin")
  if (origin !== undefined) {
    return isOwnOrigin(settings.http, head, origin) || TrustedOrigins.includesOrigin(settings.trustedOrigins, origin)
      ? passed
      : refused(`Origin checking failed - ${origin} does not match any trusted origins.`)
  }
  return isSecure(settings.http, head) ? checkReferer(settings, head) : passed
}

/** The steps secret and token. Does not look at the method. Parameters as for {@link check}. */
export const checkToken = (
  settings: CheckSettings,
  head: RequestHead,
  stored: string | undefined,
  field: string | undefined
): Verdict => {
  if (stored === undefined) return refused("CSRF cookie not set.")
  const kept = Secret.parse(stored)
  const because = (detail: string): Refused =>
    refused(settings.generalizesReasons === true ? "CSRF token missing or incorrect." : detail)
  if (kept._tag === "Malformed") return because(`CSRF cookie ${kept.fault}.`)

  // A form field takes precedence over the header, right or wrong; an empty field counts as absent.
  const fromField = head.method === "POST" && field !== "" ? field : undefined
  const token = fromField ?? header(head, settings.headerName)
  if (token === undefined) return because("CSRF token missing.")
  const source = fromField === undefined ? `the '${titleCased(settings.headerName)}' HTTP header` : "POST"
  const sent = Secret.parse(token)
  if (sent._tag === "Malformed") return because(`CSRF token from ${source} ${sent.fault}.`)
  return Secret.isSame(sent.secret, kept.secret) ? passed : because(`CSRF token from ${source} incorrect.`)
}

/** For https only. An http page can be changed in transit, so a request that came from one is refused. */
const checkReferer = (settings: CheckSettings, head: RequestHead): Verdict => {
  const sent = header(head, "referer")
  if (sent === undefined) return refusedReferer("no Referer")
  const referer = Url.split(sent)
  if (referer === undefined || referer.scheme === "" || referer.netloc === "") {
    return refusedReferer("Referer is malformed")
  }
  if (referer.scheme !== "https") return refusedReferer("Referer is insecure while host is secure")
  return TrustedOrigins.includesHost(settings.trustedOrigins, referer.netloc) ||
    isSameDomain(referer.netloc, goodReferer(settings, head))
    ? passed
    : refusedReferer(`${Url.unsplit(referer)} does not match any trusted origins`)
}

/** Host and port of this site's pages; `""`, which matches no host, if the host of the request is not allowed. */
const goodReferer = (settings: CheckSettings, head: RequestHead): string => {
  if (settings.cookieDomain === undefined) {
    const own = host(settings.http, head)
    return own._tag === "Host" ? own.host : ""
  }
  const number = port(settings.http, head)
  return number === "443" || number === "80" ? settings.cookieDomain : `${settings.cookieDomain}:${number}`
}

const passed: Verdict = { _tag: "Passed" }

const refused = (reason: string): Refused => ({ _tag: "Refused", reason })

const refusedReferer = (reason: string): Refused => refused(`Referer checking failed - ${reason}.`)

/** Like Python's `title`: `X-CSRFToken` becomes `X-Csrftoken`. */
const titleCased = (name: string): string =>
  name.toLowerCase().replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1))
