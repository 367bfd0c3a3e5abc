/**
 * Percent-encoding for URLs in Location headers and links. Characters are encoded as UTF-8, a lone surrogate as U+FFFD.
 */

/**
 * Converts an IRI to a URI by percent-encoding the characters that a URI cannot have. A `%` is treated as part of an
 * escape and kept.
 *
 * @see RFC 3987 section 3.1; Django: django.utils.encoding.iri_to_uri
 */
export const iriToUri = (iri: string): string => iri.replace(/[^A-Za-z0-9_.~\-/#%[\]=:;$&()+,!?*@']+/g, escaped)

/**
 * Escapes a decoded path, including `%`, `?`, `#` and `;`.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/utils/#django.utils.encoding.escape_uri_path
 */
export const escapePath = (path: string): string => path.replace(/[^A-Za-z0-9_.~\-/:@&+$,!*'()]+/g, escaped)

/** Only for characters that `encodeURIComponent` escapes; the patterns above match only such characters. */
const escaped = (characters: string): string => encodeURIComponent(characters.toWellFormed())
