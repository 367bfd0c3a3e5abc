/** The bytes of a session's JSON, and back. */
import { escapeNonAscii } from "./json-text.ts"

// A byte order mark is kept, so that the document is refused as by Python.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * The characters of JSON that a Django wrote. Its own serializer writes ASCII; that of a site may write UTF-8, or, by
 * `ensure_ascii=False` alone, Latin-1. Latin-1 becomes ASCII, so that {@link bytesOf} makes what either Django reads.
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

/** UTF-8: ASCII, unless a value that was read as UTF-8 is among them. */
export const bytesOf = (json: string): Buffer => Buffer.from(json, "utf8")
