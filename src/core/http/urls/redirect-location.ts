import { iriToUri } from "./uri.ts"
import * as Url from "./url.ts"

export type RedirectLocation =
  /** In printable ASCII, valid in a Location header. */
  | { readonly _tag: "Location"; readonly location: string }
  /** The target is not allowed: 400. */
  | { readonly _tag: "DisallowedRedirect" }

const longest = 16_384

/**
 * The Location header for a redirect target: the target with its non-ASCII characters escaped. The target is never
 * rebuilt from parsed parts, because that can change its meaning (`/.//evil.example` has the path `//evil.example`).
 *
 * Refused: schemes other than http, https and ftp; targets longer than 16384 characters; texts that are not URLs. Line
 * breaks, NUL and lone surrogates are refused too, since no valid URL has them; Django escapes them.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.HttpResponseRedirect
 */
export const redirectLocation = (target: string): RedirectLocation => {
  if (target.length > longest || /[\r\n]/.test(target) || target.includes("\0") || !target.isWellFormed()) {
    return disallowed
  }
  const parts = Url.split(target)
  if (parts === undefined || !/^(https?|ftp)?$/.test(parts.scheme)) return disallowed
  const location = iriToUri(target)
  return location.length > longest ? disallowed : { _tag: "Location", location }
}

const disallowed: RedirectLocation = { _tag: "DisallowedRedirect" }

/**
 * Whether this URL of a page, as a setting has it, leads to the same page from everywhere: a path that begins with `/`,
 * or an absolute URL.
 */
export const isPageUrl = (url: string): boolean =>
  /^(?:[a-z]+:\/)?\//i.test(url) && redirectLocation(url)._tag === "Location"
