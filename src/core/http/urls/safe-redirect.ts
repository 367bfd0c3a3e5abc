/** Whether a redirect may go to a URL that the client supplied. */
import { redirectLocation } from "./redirect-location.ts"
import * as Url from "./url.ts"

/**
 * The Location header for a URL that the client supplied: the URL, escaped. Both the given and the escaped text are
 * checked: `//host` followed by a space passes {@link isSafeUrl}, but the escaped `//host%20` is another host. Use the
 * returned text, never the given one.
 *
 * @param hasClientRouter a script follows the redirect, not the browser: then the path must be safe by itself too
 * @returns `undefined` if one of the texts is not safe, or is not valid in a header. Other parameters as for
 * {@link isSafeUrl}
 */
export const safeLocation = (
  url: string,
  allowedHosts: ReadonlyArray<string>,
  requireHttps: boolean,
  hasClientRouter = false
): string | undefined => {
  if (!isSafeUrl(url, allowedHosts, requireHttps)) return undefined
  const sent = redirectLocation(url)
  // The limit of 2048 characters does not apply to the escaped text.
  if (sent._tag !== "Location" || !isSafe(sent.location, allowedHosts, requireHttps)) return undefined
  return hasClientRouter && !isSafeInParts(sent.location) ? undefined : sent.location
}

/**
 * Whether the path is safe without the rest of the URL. Routers in browsers use it that way: `/.//host` is a path of
 * this site, but once its dots are resolved, `//host` remains, which is another host.
 */
const isSafeInParts = (location: string): boolean => {
  const resolved = URL.parse(location, "http://any.example/")
  return resolved !== null && !resolved.pathname.startsWith("//")
}

/**
 * Whether a redirect may go to a URL that the client supplied: it must be a path of this site, or a URL of an allowed
 * host. Surrounding white space is ignored. A URL of more than 2048 characters is not safe.
 *
 * @param allowedHosts compared exactly, port included
 * @param requireHttps the current page uses https: a URL with http is not safe
 * @see Django: django.utils.http.url_has_allowed_host_and_scheme
 */
export const isSafeUrl = (url: string, allowedHosts: ReadonlyArray<string>, requireHttps: boolean): boolean => {
  const trimmed = trim(url)
  // The length is checked first, because the other checks take longer for long texts.
  return trimmed !== "" && !isTooLong(trimmed) && isSafe(trimmed, allowedHosts, requireHttps)
}

/** Browsers treat `\` like `/`, so the URL must be safe in both readings. */
const isSafe = (url: string, allowedHosts: ReadonlyArray<string>, requireHttps: boolean): boolean =>
  isSafeAsWritten(url, allowedHosts, requireHttps) &&
  isSafeAsWritten(url.replaceAll("\\", "/"), allowedHosts, requireHttps)

const isSafeAsWritten = (url: string, allowedHosts: ReadonlyArray<string>, requireHttps: boolean): boolean => {
  // Browsers treat any number of slashes like two, even with tabs and line breaks between them.
  if (asBrowsersRead(url).startsWith("///")) return false
  const parts = Url.split(url)
  if (parts === undefined) return false
  const { netloc, scheme } = parts
  // In `https:///evil.example` Python finds no host, but browsers do.
  if (scheme !== "" && netloc === "") return false
  // Control characters and similar ones: some browsers drop them, and then read `//evil.example`.
  if (/^\p{C}/u.test(url)) return false
  const effective = scheme === "" && netloc !== "" ? "http" : scheme
  return (
    (netloc === "" || allowedHosts.includes(netloc)) &&
    (effective === "" || effective === "https" || (effective === "http" && !requireHttps))
  )
}

/**
 * Browsers drop leading control characters and spaces, and all tabs and line breaks. Django looks for `///` without
 * doing that.
 *
 * @see WHATWG URL: basic URL parser, steps 1 to 3
 */
const asBrowsersRead = (url: string): string => url.replace(/^[\0-\x20]+/, "").replace(/[\t\r\n]/g, "")

const longest = 2048

/** Counts code points, which may be half as many as UTF-16 units. */
const isTooLong = (url: string): boolean =>
  url.length > longest && (url.length > 2 * longest || Array.from(url).length > longest)

/** Like Python's `strip`. Unlike JavaScript's `trim` it removes U+001C to U+001F and U+0085, and keeps U+FEFF. */
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
