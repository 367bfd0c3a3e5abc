/**
 * Splits URLs as Python's `urlsplit` does, because Django's decisions about URLs are based on it. WHATWG's parser
 * accepts other texts and returns other parts, so `new URL` cannot be used instead.
 *
 * @see Python 3.13: urllib.parse.urlsplit, urllib.parse.urlunsplit
 */

/** `scheme://netloc/path?query#fragment`. A part that is missing or empty is `""`. */
export interface UrlParts {
  /** In lower case. */
  readonly scheme: string
  /** Host with user and port, as written. */
  readonly netloc: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/**
 * Splits a URL. Leading control characters and spaces, and all tabs and line breaks, are dropped. Nothing is
 * percent-decoded.
 *
 * @returns `undefined` where Python raises ValueError: for brackets without an IPv6 address, and for a host that would
 * contain another host after compatibility normalisation
 */
export const split = (url: string): UrlParts | undefined => {
  // Removes the leading characters up to and including the space.
  let rest = url.replace(/^[^!-\uffff]+/, "").replace(/[\t\r\n]/g, "")
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(rest)?.[1] ?? ""
  if (scheme !== "") rest = rest.slice(scheme.length + 1)
  const netloc = /^\/\/([^/?#]*)/.exec(rest)?.[1]
  if (netloc !== undefined) rest = rest.slice(2 + netloc.length)
  if (netloc !== undefined && !(hasGoodBrackets(netloc) && staysOneHost(netloc))) return undefined
  const [beforeFragment, fragment] = cut(rest, "#")
  const [path, query] = cut(beforeFragment, "?")
  return { scheme: scheme.toLowerCase(), netloc: netloc ?? "", path, query, fragment }
}

/** Joins the parts of a URL. An empty query or fragment is written without its `?` or `#`. */
export const unsplit = ({ fragment, netloc, path, query, scheme }: UrlParts): string => {
  const authority =
    netloc !== "" || path.startsWith("//") || (hasAuthority(scheme) && /^(\/|$)/.test(path)) ? `//${netloc}` : ""
  const separator = netloc !== "" && path !== "" && !path.startsWith("/") ? "/" : ""
  return [
    scheme === "" ? "" : `${scheme}:`,
    authority,
    separator,
    path,
    query === "" ? "" : `?${query}`,
    fragment === "" ? "" : `#${fragment}`
  ].join("")
}

/** Schemes that are written with `//` even if no host follows; only those to which redirects are allowed. */
const hasAuthority = (scheme: string): boolean => /^(https?|ftp)$/.test(scheme)

const cut = (text: string, separator: string): readonly [before: string, after: string] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)]
}

const hasGoodBrackets = (netloc: string): boolean => {
  if (!netloc.includes("[") && !netloc.includes("]")) return true
  if (!netloc.includes("[") || !netloc.includes("]")) return false
  const [, opened] = cut(netloc, "[")
  const [inside] = cut(opened, "]")
  return inside.startsWith("v") ? /^v[0-9a-fA-F]+\../s.test(inside) : isIPv6(inside)
}

/** An IPv6 address with an optional zone: `fe80::1%eth0`. WHATWG's parser accepts the same addresses as Python. */
const isIPv6 = (text: string): boolean => {
  const [address, zone] = cut(text, "%")
  if (text.includes("%") && (zone === "" || zone.includes("%"))) return false
  return /^[0-9a-fA-F:.]+$/.test(address) && URL.canParse(`http://[${address}]`)
}

/**
 * Whether the host stays the same when a browser normalises it. Some characters become `/`, `?`, `#`, `@` or `:`, as in
 * `a.com℀evil.com`. Each character is normalised alone, which finds the same ones: a whole text with many combining
 * marks would take quadratic time.
 */
const staysOneHost = (netloc: string): boolean =>
  !(netloc.match(beyondAscii) ?? []).some((character) => /[/?#@:]/.test(character.normalize("NFKC")))

/** Characters that normalisation may turn into ASCII. */
const beyondAscii = /[^\0-\x7f\p{M}]/gu
