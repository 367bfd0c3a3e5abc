/**
 * A query string: all values of each name. Names are in the order of their first occurrence.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/request-response/#django.http.QueryDict
 */
export type Query = ReadonlyMap<string, ReadonlyArray<string>>

/**
 * Splits at `&`. `+` is a space. Escapes are decoded as UTF-8; invalid bytes become U+FFFD. A name without `=` has the
 * value `""`.
 */
export const parse = (text: string): Query => {
  const query = new Map<string, Array<string>>()
  for (const piece of text.split("&")) {
    if (piece === "") continue
    const equals = piece.indexOf("=")
    const [name, value] = equals < 0 ? [piece, ""] : [piece.slice(0, equals), piece.slice(equals + 1)]
    const key = unquoted(name)
    const values = query.get(key)
    if (values === undefined) query.set(key, [unquoted(value)])
    else values.push(unquoted(value))
  }
  return query
}

/** Writes a query string. Escapes everything except letters, digits and `_.-~/`. */
export const write = (query: Query): string => {
  const pieces: Array<string> = []
  for (const [name, values] of query) for (const value of values) pieces.push(`${quoted(name)}=${quoted(value)}`)
  return pieces.join("&")
}

/** Sets a name to one value. The value replaces all values of that name, or is added at the end. */
export const set = (query: Query, name: string, value: string): Query => new Map(query).set(name, [value])

const unquoted = (text: string): string =>
  isPlain(text)
    ? text
    : text
        .replaceAll("+", " ")
        .replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"))

const quoted = (text: string): string =>
  isPlain(text)
    ? text
    : encodeURIComponent(text.toWellFormed()).replace(/[!'()*]|%2F/g, (found) => remaining[found] ?? found)

/** Most names and values have only these characters, which are never escaped. */
const isPlain = (text: string): boolean => /^[A-Za-z0-9_.~/-]*$/.test(text)

/** What is written otherwise than `encodeURIComponent` writes it. */
const remaining: Readonly<Record<string, string>> = {
  "!": "%21",
  "'": "%27",
  "(": "%28",
  ")": "%29",
  "*": "%2A",
  "%2F": "/"
}
