declare const brand: unique symbol

/**
 * One JSON value as text. A value that was set here is as Python's `json` writes it: ASCII, without spaces. One that a
 * store holds is as the other side wrote it.
 */
export type JsonText = string & { readonly [brand]: "JsonText" }

/**
 * Session data: from key to JSON text, in insertion order. A value is parsed when it is first read, so one that
 * the application does not change goes back byte for byte; and it is a Map, so `__proto__` is a key like any other.
 */
export type SessionData = ReadonlyMap<string, JsonText>

export const empty: SessionData = new Map()
