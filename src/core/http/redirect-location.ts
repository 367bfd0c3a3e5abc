import { iriToUri } from "./uri.ts"
import * as Url from "./url.ts"

export type RedirectLocation =
  /** Printable ASCII, fit for a Location header. */
  | { readonly _tag: "Location"; readonly location: string }
  /** Nowhere to send a browser: 400. */
  | { readonly _tag: "DisallowedRedirect" }

const longest = 16_384

/**
 * The Location header that sends a browser to a target: the target itself with its non-ASCII characters escaped, never
 * put together anew from what a parser made of it (`/.//evil.example` has the path `//evil.example`).
 *
 * Refused: schemes other than http, https and ftp; what is longer than 16384 characters, or no URL at all; and, where
 * Django escapes them, line breaks, NUL and lone surrogates, which no honest URL holds.
 *
 * @see Django: HttpResponseRedirect
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
