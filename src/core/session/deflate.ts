/** zlib streams (RFC 1950), never larger than the caller allows. */
import { deflateSync, inflateSync } from "node:zlib"

/** Other bytes than CPython's zlib makes; either reads both. */
export const deflate = (bytes: Uint8Array): Uint8Array => deflateSync(bytes)

/** @returns `"TooLarge"` for a stream that holds more than `maximumBytes`, `undefined` for what is no zlib stream */
export const inflate = (bytes: Uint8Array, maximumBytes: number): Uint8Array | "TooLarge" | undefined => {
  try {
    return inflateSync(bytes, { maxOutputLength: maximumBytes })
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "TooLarge" : undefined
  }
}
