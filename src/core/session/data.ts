declare const brand: unique symbol

/** One JSON value as text, exactly as Python's `json` writes it: ASCII, no spaces, numbers as they were written. */
export type JsonText = string & { readonly [brand]: "JsonText" }

/**
 * Session data: from key to JSON text, in insertion order. A value is parsed when it is first read, so what nobody
 * touches goes back byte for byte; and it is a Map, so `__proto__` is a key like any other.
 */
export type SessionData = ReadonlyMap<string, JsonText>

export const empty: SessionData = new Map()
