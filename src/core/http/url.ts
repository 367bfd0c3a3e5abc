/**
 * URLs taken apart as Python's `urlsplit` takes them apart, on which Django's verdicts about them rest. WHATWG's parser
 * differs in what it accepts and in what it makes of it, so `new URL` is no substitute.
 *
 * @see Python 3.13: urllib.parse.urlsplit, urllib.parse.urlunsplit
 */

/** `scheme://netloc/path?query#fragment`. A part that is missing is `""`, as is one that is empty. */
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
 * Leading control characters and spaces, and every tab and line break, are left out. Nothing is percent-decoded.
 *
 * @returns `undefined` where Python raises ValueError: brackets that hold no IPv6 address; a host that compatibility
 * normalisation would turn into something with another host in it
 */
export const split = (url: string): UrlParts | undefined => {
  // Up to the space: everything that is not between `!` and the end.
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

/** The URL of these parts. A `?` or `#` with nothing after it is not written. */
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

/** Of the schemes that are written with `//` even where no host follows, those that can be redirected to. */
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

/** An address, perhaps with a zone: `fe80::1%eth0`. WHATWG reads addresses, if nothing else, as Python does. */
const isIPv6 = (text: string): boolean => {
  const [address, zone] = cut(text, "%")
  if (text.includes("%") && (zone === "" || zone.includes("%"))) return false
  return /^[0-9a-fA-F:.]+$/.test(address) && URL.canParse(`http://[${address}]`)
}

/**
 * Some characters become `/`, `?`, `#`, `@` or `:` when a browser normalises the host: `a.com℀evil.com`. Each is
 * normalised by itself, which shows the same: a whole text with many combining marks takes quadratic time.
 */
const staysOneHost = (netloc: string): boolean =>
  !(netloc.match(beyondAscii) ?? []).some((character) => /[/?#@:]/.test(character.normalize("NFKC")))

/** Characters that may become others in ASCII. */
const beyondAscii = /[^\0-\x7f\p{M}]/gu
