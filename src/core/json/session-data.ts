declare const brand: unique symbol

/**
 * One JSON value as text. A value that was set here is written like Python's `json` writes it: ASCII, without spaces. A
 * value from the store keeps the form in which it was stored.
 */
export type JsonText = string & { readonly [brand]: "JsonText" }

/**
 * Session data: a map from key to JSON text, in insertion order. A value is parsed when it is read first. So a value
 * that the application does not change is stored again byte for byte. In a Map `__proto__` is an ordinary key.
 */
export type SessionData = ReadonlyMap<string, JsonText>

export const empty: SessionData = new Map()
