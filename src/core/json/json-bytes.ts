/** Bytes as a text with one character for each byte: the JSON scanner reads it in every encoding that extends ASCII. */

export const byteString = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")

/** @param text every character of it is below U+0100 */
export const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1")

const utf8 = new TextDecoder("utf-8", { fatal: true })

export const isUtf8 = (text: string): boolean => {
  try {
    utf8.decode(bytesOf(text))
    return true
  } catch {
    return false
  }
}

/** Every other character is longer in UTF-8 than in the text. */
export const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length

/** @param text for which {@link isUtf8} holds, or a part of it between two characters */
export const charactersOf = (text: string): string => (isAscii(text) ? text : bytesOf(text).toString("utf8"))
