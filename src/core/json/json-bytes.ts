/** Converts the bytes of a session's JSON to characters, and back. */
import { escapeNonAscii } from "./json-text.ts"

// A byte order mark is not removed, so the document is refused, as in Python.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * The characters of JSON that Django wrote. Django's own serializer writes ASCII. A custom serializer may write UTF-8
 * or, if it only sets `ensure_ascii=False`, Latin-1. Latin-1 is turned into ASCII escapes, so that both kinds of Django
 * can read what {@link bytesOf} makes of it.
 *
 * @see Django: django.core.signing.JSONSerializer
 */
export const charactersOf = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    return escapeNonAscii(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1"))
  }
}

/** Encodes as UTF-8. The result is ASCII, unless it contains a value that was read as UTF-8. */
export const bytesOf = (json: string): Buffer => Buffer.from(json, "utf8")
