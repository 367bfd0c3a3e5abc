/** Whether a browser may be sent to a URL that came in with a request. */
import { redirectLocation } from "./redirect-location.ts"
import * as Url from "./url.ts"

/**
 * The Location header for a URL that came in with a request: the URL, escaped. Both texts are checked, since `//host`
 * with a space after it is safe to {@link isSafeUrl}, but `//host%20` is another host. Use the returned text, never the
 * one that came in.
 *
 * @param followedInParts a script follows the redirect, not the browser: then the path has to be safe by itself
 * @returns `undefined` where either text is not safe, or no header can carry it. Other parameters as for {@link isSafeUrl}
 */
export const safeLocation = (
  url: string,
  allowedHosts: ReadonlyArray<string>,
  requireHttps: boolean,
  followedInParts = false
): string | undefined => {
  if (!isSafeUrl(url, allowedHosts, requireHttps)) return undefined
  const sent = redirectLocation(url)
  // Whatever its length: escapes do not count.
  if (sent._tag !== "Location" || !isSafe(sent.location, allowedHosts, requireHttps)) return undefined
  return followedInParts && !isSafeInParts(sent.location) ? undefined : sent.location
}

/**
 * Whether the path may be taken out of the URL and gone to by itself, as routers in browsers do: `/.//host` is a path of
 * this site, but what is left of it when its dots are resolved, `//host`, is another host.
 */
const isSafeInParts = (location: string): boolean => {
  const resolved = URL.parse(location, "http://any.example/")
  return resolved !== null && !resolved.pathname.startsWith("//")
}

/**
 * Whether a browser may be sent to a URL that came in with a request: to a path of this site, or to one of the hosts
 * given. White space around it does not matter; of the rest at most 2048 characters are safe.
 *
 * @param allowedHosts compared to the letter, port included
 * @param requireHttps the page asking is an https page: no way back to http
 * @see Django: django.utils.http.url_has_allowed_host_and_scheme
 */
export const isSafeUrl = (url: string, allowedHosts: ReadonlyArray<string>, requireHttps: boolean): boolean => {
  const trimmed = trim(url)
  // The length comes before everything that costs more than it.
  return trimmed !== "" && !isTooLong(trimmed) && isSafe(trimmed, allowedHosts, requireHttps)
}

/** Browsers take `\` for `/`: it must be safe read either way. */
const isSafe = (url: string, allowedHosts: ReadonlyArray<string>, requireHttps: boolean): boolean =>
  isSafeAsWritten(url, allowedHosts, requireHttps) &&
  isSafeAsWritten(url.replaceAll("\\", "/"), allowedHosts, requireHttps)

const isSafeAsWritten = (url: string, allowedHosts: ReadonlyArray<string>, requireHttps: boolean): boolean => {
  // Browsers take any number of slashes for two, wherever tabs and line breaks stand between them.
  if (asBrowsersRead(url).startsWith("///")) return false
  const parts = Url.split(url)
  if (parts === undefined) return false
  const { netloc, scheme } = parts
  // `https:///evil.example` has no host to Python, but has to browsers.
  if (scheme !== "" && netloc === "") return false
  // Control characters and the like: some browsers drop them, and go on to read `//evil.example`.
  if (/^\p{C}/u.test(url)) return false
  const effective = scheme === "" && netloc !== "" ? "http" : scheme
  return (
    (netloc === "" || allowedHosts.includes(netloc)) &&
    (effective === "" || effective === "https" || (effective === "http" && !requireHttps))
  )
}

/**
 * Browsers drop leading control characters and spaces, and every tab and line break. Django looks for `///` before that.
 *
 * @see WHATWG URL: basic URL parser, steps 1 to 3
 */
const asBrowsersRead = (url: string): string => url.replace(/^[\0-\x20]+/, "").replace(/[\t\r\n]/g, "")

const longest = 2048

/** In code points, of which there may be half as many as there are code units. */
const isTooLong = (url: string): boolean =>
  url.length > longest && (url.length > 2 * longest || Array.from(url).length > longest)

/** As Python's `strip`: unlike JavaScript's `trim` it knows U+001C to U+001F and U+0085, and not U+FEFF. */
const trim = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isSpace = (unit: number): boolean =>
  unit <= 0x20
    ? unit === 0x20 || (unit >= 0x1c && unit <= 0x1f) || (unit >= 0x09 && unit <= 0x0d)
    : unit >= 0x85 && /[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(String.fromCharCode(unit))
