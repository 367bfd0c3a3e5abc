declare const brand: unique symbol

/**
 * One JSON value as text. A value that was set here is written like Python's `json` writes it: ASCII, without spaces. A
 * value from the store keeps the form in which it was stored.
 */
export type JsonText = string & { readonly [brand]: "JsonText" }

/** A JSON object: a map from name to value, in order. In a Map `__proto__` is an ordinary name. */
export type JsonObject = ReadonlyMap<string, JsonText>

/** The only function that makes a `JsonText`: for texts that the writer or the scanner has just made. */
export const written = (text: string): JsonText => {
  if (!isWritten(text)) throw new Error("not JSON: no text")
  return text
}

const isWritten = (text: string): text is JsonText => text.length > 0
