/**
 * Whether a request that may change something was sent by one of our own pages. In this order:
 *
 * | step    | applies to                         | refused unless                                                      |
 * | ------- | ---------------------------------- | ------------------------------------------------------------------- |
 * | method  | every request                      | (GET, HEAD, OPTIONS, TRACE pass at once, unless rewritten from       |
 * |         |                                    | or to another method)                                                |
 * | Origin  | requests with the header, even ""  | it is this very origin, or a trusted one                             |
 * | Referer | https requests without an Origin   | it is an https page of a trusted host, the cookie's domain, or ours  |
 * | secret  | the rest                           | the browser (or its session) has a well-formed secret                |
 * | token   | the rest                           | the form field, else the header, holds that secret                   |
 *
 * Under `ignoresOrigin` there is no second step, and the third applies to every https request.
 *
 * What the body's type is makes no difference. A view that is exempt is not to be asked about, and one request is to be
 * asked about once: a login in between replaces the secret.
 *
 * @see Django: CsrfViewMiddleware.process_view
 */
import { type HostSettings, host, isSameDomain } from "../http/host.ts"
import { header, type RequestHead } from "../http/request-head.ts"
import { isSecure, port } from "../http/scheme.ts"
import * as Url from "../http/url.ts"
import * as Secret from "./secret.ts"
import type { TrustedOrigin } from "./trusted-origins.ts"
import * as TrustedOrigins from "./trusted-origins.ts"

/** Everything that decides about a request. Made once, when the application starts. */
export interface CheckSettings {
  readonly http: HostSettings
  /** CSRF_HEADER_NAME, by the header's own name: `X-CSRFToken`. */
  readonly headerName: string
  /** CSRF_TRUSTED_ORIGINS. */
  readonly trustedOrigins: ReadonlyArray<TrustedOrigin>
  /**
   * CSRF_COOKIE_DOMAIN, or SESSION_COOKIE_DOMAIN under CSRF_USE_SESSIONS: the pages that a Referer may name.
   * `undefined`: those of the host that was asked.
   */
  readonly cookieDomain: string | undefined
  /** The Origin header is not looked at, as by Django 3.2. Default false. */
  readonly ignoresOrigin?: boolean
  /** Whatever is wrong with a token or a kept secret, the reason is one, as in Django 3.2. Default false. */
  readonly generalizesReasons?: boolean
}

export type Verdict = { readonly _tag: "Passed" } | Refused

/** 403. */
export interface Refused {
  readonly _tag: "Refused"
  /** Django's own words, for the log. May quote the Origin or Referer; no token, no secret. */
  readonly reason: string
}

/**
 * @param stored the text of the CSRF cookie as it was sent, or what the session holds; `undefined`: neither
 * @param field `csrfmiddlewaretoken` of a form that somebody has parsed, the last one where it is repeated;
 * `undefined`: no such field, no form, or nobody has read it. Counts in a POST only.
 */
export const check = (
  settings: CheckSettings,
  head: RequestHead,
  stored: string | undefined,
  field: string | undefined
): Verdict => {
  if (isSafeRequest(head)) return passed
  const source = checkSource(settings, head)
  return source._tag === "Refused" ? source : checkToken(settings, head, stored, field)
}

/** Methods that change nothing (RFC 9110 section 9.2.1). In capitals: methods are case-sensitive. */
export const isSafe = (method: string): boolean => /^(GET|HEAD|OPTIONS|TRACE)$/.test(method)

/**
 * Whether a request changes nothing, by the method on the wire and by the one that the application sees: a method
 * override must turn no POST of another site into an `OPTIONS`, and no link into a `DELETE`.
 */
export const isSafeRequest = ({ method, rewrittenMethod = method }: RequestHead): boolean =>
  isSafe(method) && isSafe(rewrittenMethod)

/**
 * What a WebSocket upgrade needs: a GET that no token can go with, and that pages of any site can make browsers send with
 * this site's cookies. Every browser sends its Origin with one, so a request without is refused, whatever the method is.
 */
export const checkOrigin = (settings: CheckSettings, head: RequestHead): Verdict =>
  header(head, "origin") === undefined
    ? refused("Origin checking failed - no Origin.")
    : checkSource({ ...settings, ignoresOrigin: false }, head)

/** The steps that need no secret: Origin, or else Referer, whatever the method is. */
export const checkSource = (settings: CheckSettings, head: RequestHead): Verdict => {
  const origin = settings.ignoresOrigin === true ? undefined : header(head, "origin")
  if (origin !== undefined) {
    return isOwnOrigin(settings.http, head, origin) || TrustedOrigins.includesOrigin(settings.trustedOrigins, origin)
      ? passed
      : refused(`Origin checking failed - ${origin} does not match any trusted origins.`)
  }
  return isSecure(settings.http, head) ? checkReferer(settings, head) : passed
}

/** The last two steps, whatever the method is. Parameters as for {@link check}. */
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

  // A field that is there decides, right or wrong; an empty one is as good as none.
  const fromField = head.method === "POST" && field !== "" ? field : undefined
  const token = fromField ?? header(head, settings.headerName)
  if (token === undefined) return because("CSRF token missing.")
  const source = fromField === undefined ? `the '${titleCased(settings.headerName)}' HTTP header` : "POST"
  const sent = Secret.parse(token)
  if (sent._tag === "Malformed") return because(`CSRF token from ${source} ${sent.fault}.`)
  return Secret.isSame(sent.secret, kept.secret) ? passed : because(`CSRF token from ${source} incorrect.`)
}

const isOwnOrigin = (settings: HostSettings, head: RequestHead, origin: string): boolean => {
  const own = host(settings, head)
  return own._tag === "Host" && origin === `${isSecure(settings, head) ? "https" : "http"}://${own.host}`
}

/** Over https only: what sends a form from http to https could have been put into the page on its way. */
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

/** Host and port of our own pages; `""`, which is no host's domain, where the host is none of ours. */
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

/** As Python's `title`: `X-CSRFToken` is `X-Csrftoken`. */
const titleCased = (name: string): string =>
  name.toLowerCase().replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1))
