/** Percent-encoding for what leaves in a Location header or in a link. Characters become UTF-8; a lone surrogate U+FFFD. */

/**
 * Makes a URI of an IRI: whatever a URI cannot hold is percent-encoded; a `%` is taken for an escape and left alone.
 *
 * @see RFC 3987 section 3.1; Django: django.utils.encoding.iri_to_uri
 */
export const iriToUri = (iri: string): string => iri.replace(/[^A-Za-z0-9_.~\-/#%[\]=:;$&()+,!?*@']+/g, escaped)

/**
 * Escapes a decoded path, `%`, `?`, `#` and `;` included.
 *
 * @see Django: django.utils.encoding.escape_uri_path
 */
export const escapePath = (path: string): string => path.replace(/[^A-Za-z0-9_.~\-/:@&+$,!*'()]+/g, escaped)

/** Only for characters that `encodeURIComponent` escapes, as all are that are matched above. */
const escaped = (characters: string): string => encodeURIComponent(characters.toWellFormed())
