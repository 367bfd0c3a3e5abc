declare const brand: unique symbol
declare const asciiBrand: unique symbol

/**
 * One JSON value as text. A value that was set here is written like Python's `json` writes it: ASCII, without spaces. A
 * value from the store keeps the form in which it was stored.
 */
export type JsonText = string & { readonly [brand]: "JsonText" }

/** A JSON value that has only ASCII characters. */
export type AsciiJson = JsonText & { readonly [asciiBrand]: true }

/** A JSON object: a map from name to value, in order. In a Map `__proto__` is an ordinary name. */
export type JsonObject = ReadonlyMap<string, JsonText>

/** Makes a `JsonText`: for texts that the scanner has just read. */
export const written = (text: string): JsonText => {
  if (!isWritten(text)) throw new Error("not JSON: no text")
  return text
}

const isWritten = (text: string): text is JsonText => text.length > 0

/** Makes an `AsciiJson`: for texts that the writer has just made, or that `inAscii` returned. */
export const writtenInAscii = (text: string): AsciiJson => {
  if (!isWrittenInAscii(text)) throw new Error("not JSON: no text")
  return text
}

const isWrittenInAscii = (text: string): text is AsciiJson => text.length > 0
